// SPDX-License-Identifier: Apache-2.0
import MeshCrypto
import MeshWire
import Testing

@testable import HTXTickets

/// The values were computed by an independent program from the text of Betanet 1.1, section 5.2.
@Suite struct TicketKnownAnswer {
  private static func bytes(_ range: ClosedRange<UInt8>) -> SecretBytes { SecretBytes(Array(range)) }
  private let site = X25519KeyPair(secret: bytes(1...32))!
  private let client = X25519KeyPair(secret: bytes(33...64))!
  private let id = TicketKeyID([0x00, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77])!
  private let hour = TicketHour(487_548)

  @Test func everyStepOfTheDerivationHasItsKnownValue() throws {
    #expect(
      Hex.encode(site.publicKey.bytes) == "07a37cbc142093c8b755dc1b10e86cb426374ad16aa853ed0bdfc0b2b86d1c7c")
    #expect(
      Hex.encode(client.publicKey.bytes) == "5869aff450549732cbaaed5e5df9b30a6da31cb0e5742bad5ad4a1a768f1a67b")
    let shared = try #require(client.sharedSecret(with: site.publicKey))
    #expect(
      shared.withBytes { Hex.encode(Array($0)) } == "a84dc7c3c8f058b1b2dc4cd1e9b5dc0a7987f88b6a9564cde3391fc421159e77")
    #expect(
      Hex.encode(AccessTicket.salt(key: id, hour: hour))
        == "7d214c377c230b648760979daeff835fddc09eadc3b7979b15ed98d24385bd8e")
    let value = AccessTicket.derive(shared: shared, key: id, hour: hour)
    #expect(
      value.withBytes { Hex.encode(Array($0)) } == "616857532a14ada78ae6c2a1e22acbda9ac5bfef69dcb52fe4aaf51b6646341e")
  }

  @Test func theWholePayloadHasItsKnownText() throws {
    let key = TicketPublicKey(id: id, point: site.publicKey)
    let ticket = try #require(
      IssuedTicket.make(
        for: key, hour: hour, client: client, nonce: [UInt8](repeating: 0xA5, count: 32),
        padding: [UInt8](repeating: 0, count: 24)))
    #expect(ticket.bytes.count == 129)
    #expect(
      ticket.text == "AVhpr_RQVJcyy6rtXl35swptoxyw5XQrrVrUoado8aZ7ABEiM0RVZnelpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWl"
        + "paWlpWFoV1MqFK2niubCoeIqy9qaxb_vady1L-Sq9RtmRjQeAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")
    let read = try #require(TicketPayload(text: ticket.text))
    #expect(read.bytes == ticket.bytes)
  }

  @Test func theGateTakesTheKnownTicketOnce() throws {
    let key = TicketPublicKey(id: id, point: site.publicKey)
    let ticket = try #require(
      IssuedTicket.make(
        for: key, hour: hour, client: client, nonce: [UInt8](repeating: 0xA5, count: 32),
        padding: [UInt8](repeating: 0, count: 24)))
    var gate = TicketGate(keys: [TicketKey(id: id, pair: site)])
    let network = NetworkPrefix(address: [192, 0, 2, 1])
    let seconds = Int64(hour.number) * 3600 + 5
    let first = try gate.judge([ticket.text], from: network, unixSeconds: seconds, now: 0)?.get()
    #expect(first?.digest == SHA256.hash(ticket.bytes))
    #expect(throws: TicketRefusal.replayed) {
      try gate.judge([ticket.text], from: network, unixSeconds: seconds, now: 0)?.get()
    }
  }
}
