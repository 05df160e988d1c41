// SPDX-License-Identifier: Apache-2.0

/// Why a connection closes (RFC 6455, 7.4).
public struct CloseCode: RawRepresentable, Equatable, Sendable {
  /// The number as it travels, in host byte order.
  public let rawValue: UInt16

  /// Any number, valid on the wire or not; see `isValidOnWire`.
  public init(rawValue: UInt16) { self.rawValue = rawValue }

  /// 1000: the purpose is fulfilled.
  public static let normal = CloseCode(rawValue: 1000)
  /// 1001: this end is shutting down.
  public static let goingAway = CloseCode(rawValue: 1001)
  /// 1002: the other end broke the framing rules.
  public static let protocolError = CloseCode(rawValue: 1002)
  /// 1003: a kind of message that this end does not take.
  public static let unsupportedData = CloseCode(rawValue: 1003)
  /// 1007: text that is not UTF-8, or data that does not decompress.
  public static let invalidPayload = CloseCode(rawValue: 1007)
  /// 1009: a message over the limit.
  public static let tooBig = CloseCode(rawValue: 1009)

  /// True for the numbers that a close frame may carry: registered ones but 1004 to 1006 and 1015, which are only for
  /// local use, and 3000 to 4999.
  public var isValidOnWire: Bool {
    switch rawValue {
    case 1000...1003, 1007...1014, 3000...4999: true
    default: false
    }
  }
}
