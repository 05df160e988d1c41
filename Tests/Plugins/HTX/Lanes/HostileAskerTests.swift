// SPDX-License-Identifier: Apache-2.0
import HTXHTTP3
import HTXQUIC
import HTXTCP
import HTXTestNetwork
import HTXTickets
import MeshCrypto
import TestSupport
import Testing

@testable import HTXLanes

/// Whoever has tickets, and asks for lanes, takes back what he asked for and goes in any order.
@Suite struct HTXHostileAskerTests {
  private let key = TicketKey(secret: TicketKey.makeSecret(from: .seeded(1)))!

  private func cookie(_ seed: UInt64) -> [HTTPField] {
    let noon: Int64 = 500_000 * 3600
    let ticket = IssuedTicket(for: key.publicKey, policy: .standard, unixSeconds: noon, random: .seeded(seed))!
    return [HTTPField("cookie", "id=\(ticket.payload.text)")]
  }

  /// No order of requests, bodies, resets, outcomes of tickets and ends opens a link twice, or without a ticket that was
  /// admitted, or keeps any memory.
  @Test(arguments: 1...60 as ClosedRange<UInt64>)
  func noOrderOfThingsOpensALinkTwiceOrUnasked(seed: UInt64) throws {
    var random = SeededGenerator(seed)
    let budget = LentBudget()
    let pair = try LanePair(seed: seed, budget: budget)
    pair.far.gate = TicketGate(keys: [key])
    pair.network.faults = .init(loss: 50, duplication: 50, reordering: 100)
    let asker = Asker()
    let quic = try #require(pair.dial(HTTP3Connection(isServer: false, asker, requestStreams: 0)))
    #expect(pair.network.run(until: { asker.connection != nil }))
    var hasAdmitted = false
    for step in 0..<80 {
      let stream = Int64(4 * Int.random(in: 0...max(1, step), using: &random))
      switch random.next() % 16 {
      case 0: asker.ask("GET", "/", cookie(random.next() % 4))
      case 1: asker.ask("GET", "/", [HTTPField("cookie", "id=AAAA")])
      case 2...7: asker.ask("POST", "/?c=\(random.next() % 8)", isOpen: true)
      case 8: asker.ask("POST", "/?c=\(random.next() % 6)", body: "early")
      case 9: quic.reset(stream: stream, error: random.next() % 2 == 0 ? HTTP3Connection.noError : 0x10C)
      case 10: quic.stop(stream: stream, error: HTTP3Connection.noError)
      case 11: quic.abort(stream: stream, error: random.next() % 2 == 0 ? HTTP3Connection.noError : 0x10C)
      case 12:
        let isAdmitted = random.next() % 3 > 0
        hasAdmitted = hasAdmitted || isAdmitted && pair.far.verdicts.contains("admitted")
        pair.laneServer?.settle(admitted: isAdmitted)
      default: pair.network.run(seconds: 0.05, until: { false })
      }
      #expect(pair.far.openings <= 1 && (hasAdmitted || pair.far.openings == 0))
    }
    if seed % 3 == 0 { quic.fail(error: HTTP3Connection.noError) } else { pair.far.isClosing = true }
    pair.network.run(seconds: 1, until: { false })
    if let quic = asker.connection?.connection { quic.fail(error: HTTP3Connection.noError) }
    #expect(pair.network.run(seconds: 120, until: { pair.far.reason != nil }))
    pair.laneServer?.settle(admitted: true)
    #expect(budget.used == 0 && pair.far.openings <= 1)
  }

  /// A lane that its client has taken back, politely or not, ends what was to become a link; it is not there twice.
  @Test(arguments: [HTTP3Connection.noError, 0x10C])
  func oneLaneThatIsAskedForAgainAndAgainIsNoLink(error: UInt64) throws {
    let pair = try LanePair()
    pair.far.gate = TicketGate(keys: [key])
    let asker = Asker()
    let quic = try #require(pair.dial(HTTP3Connection(isServer: false, asker, requestStreams: 0)))
    #expect(pair.network.run(until: { asker.connection != nil }))
    asker.ask("GET", "/", cookie(2))
    #expect(pair.network.run(until: { !pair.far.verdicts.isEmpty }))
    pair.laneServer?.settle(admitted: true)
    for attempt in 1...LaneNumbers.count {
      asker.ask("POST", "/?c=0", isOpen: true)
      #expect(pair.network.run(until: { asker.answers.count == attempt + 1 }))
      quic.abort(stream: Int64(4 * attempt), error: error)
      pair.network.run(seconds: 1, until: { false })
    }
    #expect(asker.answers.map(\.status) == ["200", "200"] + Array(repeating: "405", count: LaneNumbers.count - 1))
    #expect(!pair.far.isOpen && pair.far.ends.count == 1)
  }
}
