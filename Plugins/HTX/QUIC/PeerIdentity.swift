// SPDX-License-Identifier: Apache-2.0
import CQUIC

/// Who the other end of a connection has to be.
public struct PeerIdentity: Sendable {
  /// The server's name, for SNI and an authority's certificate; nil for an address, or when the peer is a client.
  public var name: String?
  /// Whether `name` is the text of an address: its certificate has to have it, and SNI is left out (RFC 6066, 3).
  public var isAddress: Bool
  /// Any of these keys will do, at most 16. None: an authority has to vouch for a server, a client may be anyone.
  public var pins: [KeyPin]

  /// Anyone, as a server sees its clients.
  public static let anyone = PeerIdentity(name: nil, pins: [])

  /// A named server, pinned keys, or both.
  public init(name: String?, isAddress: Bool = false, pins: [KeyPin]) {
    self.name = name
    self.isAddress = isAddress
    self.pins = pins
  }

  func withRaw<Result>(_ body: (UnsafePointer<cquic_peer>) -> Result) -> Result {
    let bytes = pins.flatMap(\.bytes)
    func call(_ name: UnsafePointer<CChar>?) -> Result {
      bytes.withUnsafeBufferPointer { bytes in
        var peer = cquic_peer(
          name: name, pins: bytes.baseAddress, pin_count: UInt32(pins.count),
          is_address: isAddress ? 1 : 0)
        return body(&peer)
      }
    }
    guard let name else { return call(nil) }
    return name.withCString(call)
  }
}
