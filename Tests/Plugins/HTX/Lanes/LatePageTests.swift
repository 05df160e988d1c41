// SPDX-License-Identifier: Apache-2.0
import HTXHTTP3
import HTXLanes
import HTXTCP
import HTXTestNetwork
import HTXTickets
import MeshCrypto
import TestSupport
import Testing

/// Pages that are answered after the lane that their ticket has opened.
@Suite struct HTXLatePageTests {
  private let key = TicketKey(secret: TicketKey.makeSecret(from: .seeded(1)))!

  /// A connection that has asked for a page with a ticket, and for lane 0.
  private func asked(_ pair: LanePair) throws -> Asker {
    pair.far.gate = TicketGate(keys: [key])
    let ticket = IssuedTicket(
      for: key.publicKey, policy: .standard, unixSeconds: 500_000 * 3600, random: .seeded(2))!
    let asker = Asker()
    _ = try #require(pair.dial(HTTP3Connection(isServer: false, asker, requestStreams: 0)))
    #expect(pair.network.run(until: { asker.connection != nil }))
    asker.ask("GET", "/", [HTTPField("cookie", "id=\(ticket.payload.text)")])
    asker.ask("POST", "/?c=0", [HTTPField(LaneNumbers.later.name, LaneNumbers.later.value)], isOpen: true)
    #expect(pair.network.run(until: { !pair.far.verdicts.isEmpty }))
    pair.network.run(seconds: 1, until: { false })
    return asker
  }

  @Test func theLaneIsAnsweredFirstAndThePageIsTheSame() throws {
    let pair = try LanePair()
    let asker = try asked(pair)
    pair.laneServer?.settle(admitted: true, leavesPages: true)
    #expect(pair.laneServer?.hasLateAnswers == true && pair.far.isOpen)
    pair.network.run(seconds: 1, until: { false })
    #expect(asker.answers.map(\.path) == ["/?c=0"])
    pair.laneServer?.answerLate()
    #expect(pair.network.run(until: { asker.answers.count == 2 }))
    pair.laneServer?.answerLate()
    pair.network.run(seconds: 1, until: { false })
    asker.ask("GET", "/")
    #expect(pair.network.run(until: { asker.answers.count == 3 }))
    pair.network.run(seconds: 1, until: { false })
    #expect(asker.answers[1].path == "/" && asker.answers[1] == asker.answers[2] && !asker.answers[1].body.isEmpty)
    #expect(pair.laneServer?.hasLateAnswers == false)
  }

  @Test func whereNoLaneOpensNothingIsLeft() throws {
    let pair = try LanePair()
    let asker = try asked(pair)
    pair.laneServer?.settle(admitted: false, leavesPages: true)
    #expect(pair.laneServer?.hasLateAnswers == false)
    #expect(pair.network.run(until: { asker.answers.count == 2 }))
    #expect(asker.answers.map(\.status) == ["200", "405"])
  }

  @Test func aPageOfAConnectionThatIsOverIsNotAnswered() throws {
    let pair = try LanePair()
    let asker = try asked(pair)
    pair.laneServer?.settle(admitted: true, leavesPages: true)
    asker.connection?.close()
    #expect(pair.network.run(until: { pair.far.reason != nil }))
    pair.laneServer?.answerLate()
    #expect(asker.answers.allSatisfy { $0.path != "/" })
  }
}
