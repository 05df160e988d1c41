// SPDX-License-Identifier: Apache-2.0
import MeshCrypto
import MeshWire
import Testing

@Suite struct PeerRecordTests {
  private let identity = Identity.generate(from: .seeded(1))

  private func record(addresses: [String] = ["ws://192.0.2.7:8080/mesh"], capabilities: [String] = []) -> PeerRecord {
    PeerRecord(
      id: identity.id, sequence: 7, addresses: addresses, issued: 1000, expires: 2000, capabilities: capabilities)
  }

  @Test("A signed record is verified and comes back as it was")
  func roundTrip() throws {
    let record = record(addresses: ["htx://a:1", "ws://[2001:db8::1]:80/mesh"], capabilities: ["relay", "store"])
    let signed = try record.sign(with: identity)
    #expect(try PeerRecord.verify(signed) == record)
    #expect(try record.sign(with: identity) == signed)
  }

  @Test("Any changed bit is noticed")
  func forged() throws {
    let signed = try record().sign(with: identity)
    for bit in 0..<(signed.count * 8) {
      var changed = signed
      changed[bit / 8] ^= 1 << UInt8(bit % 8)
      #expect(throws: PeerRecordError.self) { try PeerRecord.verify(changed) }
    }
  }

  @Test("Nobody can sign for another node")
  func otherSigner() throws {
    let other = Identity.generate(from: .seeded(2))
    #expect(throws: PeerRecordError.wrongNode) { try record().sign(with: other) }
    let body = try #require(try CBOR.decode(record().sign(with: identity)).arrayValue?[0].bytesValue)
    let forged = CBOR.array([.bytes(body), .bytes(other.sign(context: PeerRecord.context, body))]).encode()
    #expect(throws: PeerRecordError.signature) { try PeerRecord.verify(forged) }
  }

  @Test("A signature of the same bytes for another purpose does not make a record")
  func otherContext() throws {
    let body = try #require(try CBOR.decode(record().sign(with: identity)).arrayValue?[0].bytesValue)
    let forged = CBOR.array([.bytes(body), .bytes(identity.sign(context: "application", body))]).encode()
    #expect(throws: PeerRecordError.signature) { try PeerRecord.verify(forged) }
  }

  @Test("Limits hold at signing and at verifying")
  func limits() throws {
    let longest = String(repeating: "a", count: 256)
    #expect(throws: Never.self) { try record(addresses: [longest]).sign(with: identity) }
    #expect(throws: Never.self) { try record(addresses: (0..<32).map { "ws://\($0)" }).sign(with: identity) }
    let bad = [
      record(addresses: [longest + "a"]), record(addresses: [""]), record(addresses: (0..<33).map { "ws://\($0)" }),
      record(addresses: [String](repeating: longest, count: 20)), record(capabilities: [longest + "a"]),
      record(capabilities: [String](repeating: "x", count: 33)),
    ]
    for record in bad { #expect(throws: PeerRecordError.limit) { try record.sign(with: identity) } }
    #expect(throws: PeerRecordError.limit) { try PeerRecord.verify([UInt8](repeating: 0, count: 4097)) }
    let body = CBOR.map([
      (.text("id"), .bytes(identity.id.bytes)), (.text("sequence"), .uint(1)),
      (.text("addresses"), .array([.text(longest + "a")])), (.text("issued"), .uint(1)), (.text("expires"), .uint(2)),
      (.text("capabilities"), .array([])),
    ]).encode()
    let signed = CBOR.array([.bytes(body), .bytes(identity.sign(context: PeerRecord.context, body))]).encode()
    #expect(throws: PeerRecordError.limit) { try PeerRecord.verify(signed) }
  }

  @Test("Wrong shapes are refused before the signature is looked at")
  func shapes() throws {
    for value in [CBOR.null, .array([]), .array([.bytes([]), .text("")]), .array([.bytes([0xA0]), .bytes([])])] {
      #expect(throws: PeerRecordError.malformed) { try PeerRecord.verify(value.encode()) }
    }
    #expect(throws: PeerRecordError.encoding(.truncated)) { try PeerRecord.verify([]) }
  }

  @Test(
    "The sequence grows whatever the clock does",
    arguments: [
      (UInt64(0), UInt64(5), UInt64(5)), (5, 5, 6), (9, 5, 10), (.max, 5, .max),
    ])
  func sequence(previous: UInt64, now: UInt64, next: UInt64) {
    #expect(PeerRecord.nextSequence(after: previous, now: now) == next)
  }

  @Test("A record expires")
  func expiry() {
    #expect(record().isCurrent(at: 1999) && !record().isCurrent(at: 2000))
  }
}
