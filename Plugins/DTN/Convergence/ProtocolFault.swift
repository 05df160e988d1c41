// SPDX-License-Identifier: Apache-2.0

/// What a peer did against the protocol of a convergence layer.
public enum ProtocolFault: Error, Hashable, CustomStringConvertible, Sendable {
  /// The first bytes are not those of the protocol.
  case notTheProtocol
  /// Another version of it.
  case version(UInt8)
  /// A message of a type that does not exist.
  case unknownMessage(UInt8)
  /// A message, by its type, that has no place here.
  case unexpectedMessage(UInt8)
  /// A message that contradicts itself; what is wrong with it.
  case malformed(String)
  /// More than the limits allow; of what.
  case excessive(String)

  /// One sentence without a full stop.
  public var description: String {
    switch self {
    case .notTheProtocol: "the first bytes are not those of the protocol"
    case .version(let version): "version \(version) of the protocol, expected 4"
    case .unknownMessage(let type): "a message of the unknown type \(type)"
    case .unexpectedMessage(let type): "a message of type \(type), which has no place here"
    case .malformed(let text), .excessive(let text): text
    }
  }
}
