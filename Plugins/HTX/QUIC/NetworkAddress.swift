// SPDX-License-Identifier: Apache-2.0
import CQUIC

/// An IPv4 or IPv6 address with a port.
public struct NetworkAddress: Hashable, Sendable {
  /// As the C side keeps it: a socket address, zero behind its end.
  public let words: InlineWords

  /// The four words of a `cquic_address`.
  public struct InlineWords: Hashable, Sendable {
    let first: UInt64
    let second: UInt64
    let third: UInt64
    let fourth: UInt64
  }

  /// From the C side.
  public init(_ raw: cquic_address) {
    words = InlineWords(first: raw.words.0, second: raw.words.1, third: raw.words.2, fourth: raw.words.3)
  }

  /// Four octets, in the order they are written.
  public init(v4 octets: (UInt8, UInt8, UInt8, UInt8), port: UInt16) {
    let bytes = [octets.0, octets.1, octets.2, octets.3]
    self.init(cquic_address_v4(bytes, port))
  }

  /// Sixteen octets, in the order they are written; nil for another number of them.
  public init?(v6 octets: [UInt8], port: UInt16, scope: UInt32 = 0) {
    guard octets.count == 16 else { return nil }
    self.init(cquic_address_v6(octets, port, scope))
  }

  /// For the C side.
  public var raw: cquic_address {
    cquic_address(words: (words.first, words.second, words.third, words.fourth))
  }

  /// In host order.
  public var port: UInt16 {
    var address = raw
    return cquic_address_port(&address)
  }

  /// Whether it stands for every address of the machine.
  public var isAny: Bool {
    var address = raw
    return NetworkAddress(cquic_address_any(&address)) == self
  }

  /// Whether it is an IPv6 address; a mapped IPv4 address is one.
  public var isV6: Bool {
    var address = raw
    return cquic_address_is_v6(&address) != 0
  }
}
