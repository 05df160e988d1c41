// SPDX-License-Identifier: Apache-2.0
import MeshCrypto
import TestSupport
import Testing

@testable import HTXTickets

@Suite struct TicketPolicyTests {
  @Test func theLineOfTheSpecificationIsTheStandard() throws {
    let line = "BN-Ticket: v1; carriers=cookie:0.5,query:0.3,body:0.2; len=24..64"
    let policy = try #require(TicketPolicy(line))
    #expect(policy == .standard)
    #expect("BN-Ticket: " + policy.line == line)
  }

  @Test(arguments: [
    "", "v2", "v1; carriers=", "v1; carriers=cookie", "v1; carriers=cookie:0.5", "v1; carriers=cookie:0.5,cookie:0.5",
    "v1; carriers=header:1", "v1; carriers=cookie:1.5", "v1; carriers=cookie:0.9999", "v1; len=64..24", "v1; len=24",
    "v1; len=0..256", "v1; len=-1..5", "v1; len=24..64; len=24..64", "v1; carriers=cookie:+1", "v1; len=a..b",
  ])
  func aLineThatIsNoPolicyIsRefused(_ line: String) {
    #expect(TicketPolicy(line) == nil)
  }

  @Test func membersOfLaterVersionsAreSkipped() {
    #expect(TicketPolicy("v1; colour=blue; carriers=query:1; len=0..0; x")?.line == "v1; carriers=query:1; len=0..0")
  }

  @Test func whatIsWrittenReadsBackAsTheSamePolicy() throws {
    var random = SeededGenerator(11)
    for _ in 0..<500 {
      let first = Int.random(in: 0...1000, using: &random)
      let second = Int.random(in: 0...(1000 - first), using: &random)
      let low = Int.random(in: 0...255, using: &random)
      let policy = try #require(
        TicketPolicy(
          shares: [.cookie: first, .query: second, .body: 1000 - first - second],
          padding: low...Int.random(in: low...255, using: &random)))
      #expect(TicketPolicy(policy.line) == policy)
    }
  }

  @Test func carriersAndLengthsFollowThePolicy() throws {
    let random = RandomBytes.seeded(3)
    let site = try #require(TicketKey(secret: TicketKey.makeSecret(from: random)))
    var counts: [TicketCarrier: Int] = [:]
    for _ in 0..<2000 {
      let ticket = try #require(
        IssuedTicket(for: site.publicKey, policy: .standard, unixSeconds: 0, random: random))
      counts[ticket.carrier, default: 0] += 1
      #expect((129...169).contains(ticket.payload.bytes.count))
      #expect((172...226).contains(ticket.payload.text.utf8.count))
    }
    // Five standard deviations around 1000, 600 and 400.
    #expect((888...1112).contains(counts[.cookie] ?? 0))
    #expect((497...703).contains(counts[.query] ?? 0))
    #expect((310...490).contains(counts[.body] ?? 0))
  }

  @Test func aKeyReadsBackFromItsText() throws {
    let key = try #require(TicketKey(secret: TicketKey.makeSecret(from: .seeded(1)))).publicKey
    #expect(TicketPublicKey(key.text) == key)
    #expect(TicketPublicKey(key.text.dropLast()) == nil)
    #expect(TicketPublicKey(key.text + "A") == nil)
  }
}
