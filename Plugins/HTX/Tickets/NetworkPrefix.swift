// SPDX-License-Identifier: Apache-2.0

/// The network that an address is counted under: /24 of IPv4, /56 of IPv6 (Betanet 1.1, section 5.2).
public struct NetworkPrefix: Hashable, Sendable {
  private let bits: UInt64

  /// From 4 or 16 address bytes; IPv4 mapped into IPv6 counts as IPv4. Anything else is one common network.
  public init(address: [UInt8]) {
    var bytes = address[...]
    if bytes.count == 16, bytes.starts(with: [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF]) { bytes = bytes.suffix(4) }
    switch bytes.count {
    case 4: bits = bytes.prefix(3).reduce(4) { $0 << 8 | UInt64($1) }
    case 16: bits = bytes.prefix(7).reduce(6) { $0 << 8 | UInt64($1) }
    default: bits = 0
    }
  }

  /// What networks share that find no place of their own.
  static let overflow = NetworkPrefix(address: [])
}
