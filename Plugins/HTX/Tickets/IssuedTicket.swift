// SPDX-License-Identifier: Apache-2.0
import MeshCrypto
import MeshWire

/// A ticket that a client made for one connection.
public struct IssuedTicket: Sendable {
  /// Its bytes.
  public let payload: TicketPayload
  /// Where it is to travel.
  public let carrier: TicketCarrier
  /// The payload as its carrier holds it.
  public let text: String
  /// SHA-256 of the payload: the ticket's part of a link's channel binding.
  public let digest: [UInt8]

  /// A fresh ticket: a key pair of its own, random bytes, and a carrier by the policy's probabilities. Nil when the
  /// site's key is a point of low order.
  public init?(for key: TicketPublicKey, policy: TicketPolicy, unixSeconds: Int64, random: RandomBytes = .system) {
    let padding = policy.padding.lowerBound + Self.draw(policy.padding.count, random)
    let ticket = Self.make(
      for: key, hour: TicketHour(unixSeconds: unixSeconds), client: .generate(from: random),
      nonce: random.bytes(32), padding: random.bytes(padding))
    guard let ticket else { return nil }
    payload = ticket
    let bytes = ticket.bytes
    text = Base64URL.encode(bytes)
    digest = SHA256.hash(bytes)
    carrier = policy.carrier(Self.draw(1000, random))
  }

  static func make(
    for key: TicketPublicKey, hour: TicketHour, client: X25519KeyPair, nonce: [UInt8], padding: [UInt8]
  ) -> TicketPayload? {
    guard let shared = client.sharedSecret(with: key.point) else { return nil }
    let value = AccessTicket.derive(shared: shared, key: key.id, hour: hour)
    return TicketPayload(
      client: client.publicKey, key: key.id, nonce: nonce, value: value.withBytes { Array($0) }, padding: padding)
  }

  /// A number from 0 to `bound` - 1, each as likely as the others.
  private static func draw(_ bound: Int, _ random: RandomBytes) -> Int {
    let bound = UInt64(bound)
    while true {
      let (high, low) = random.uint64().multipliedFullWidth(by: bound)
      if low >= (0 &- bound) % bound { return Int(high) }
    }
  }
}
