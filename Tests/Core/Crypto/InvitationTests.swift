// SPDX-License-Identifier: Apache-2.0
import MeshCrypto
import MeshWire
import Testing

@Suite struct InvitationTests {
  private let id = Identity.generate(from: .seeded(3)).id

  @Test(
    "A line leads back to what it was made of",
    arguments: [
      [], ["ws://192.0.2.7:8080/mesh"], ["htx://[2001:db8::1]:443", "ble://", "ws://h/a,b#c%20?d=\u{e9} f@g"],
    ])
  func roundTrip(addresses: [String]) throws {
    let invitation = try Invitation(id: id, addresses: addresses)
    let line = invitation.description
    #expect(line.utf8.allSatisfy { (33...126).contains($0) })
    #expect(try Invitation.parse(line) == invitation)
    #expect(try Invitation.parse("  \(line)\r\n") == invitation)
  }

  @Test("Every cut and every changed character is noticed")
  func damage() throws {
    let line = Array(try Invitation(id: id, addresses: ["ws://192.0.2.7:8080/mesh"]).description.utf8)
    for count in 0..<line.count where count != 63 {
      #expect(throws: Invitation.Failure.self) {
        try Invitation.parse(String(decoding: line.prefix(count), as: UTF8.self))
      }
    }
    for place in line.indices {
      var changed = line
      changed[place] = changed[place] == UInt8(ascii: "x") ? UInt8(ascii: "y") : UInt8(ascii: "x")
      #expect(throws: Invitation.Failure.self) { try Invitation.parse(String(decoding: changed, as: UTF8.self)) }
    }
  }

  @Test("An error says what is wrong")
  func errors() {
    #expect(throws: Invitation.Failure.name(.prefix)) { try Invitation.parse("hello") }
    #expect(throws: Invitation.Failure.incomplete) { try Invitation.parse("\(id.name)@ws://a") }
    #expect(throws: Invitation.Failure.check) { try Invitation.parse("\(id.name)@ws://a#00000000") }
    #expect(throws: Invitation.Failure.address(2)) { try Invitation(id: id, addresses: ["ws://a", ""]) }
    #expect(throws: Invitation.Failure.limit) { try Invitation(id: id, addresses: [String](repeating: "a", count: 33)) }
    #expect(throws: Invitation.Failure.limit) { try Invitation.parse(String(repeating: "a", count: 20_000)) }
  }
}
