// SPDX-License-Identifier: Apache-2.0
import HTXHTTP3
import HTXLanes
import HTXQUIC
import HTXTCP
import HTXTestNetwork
import HTXTickets
import MeshCrypto
import TestSupport
import Testing

/// Tickets, lanes and pages in any order, over a network that changes it once more.
@Suite struct HTXLaneOrderTests {
  private let key = TicketKey(secret: TicketKey.makeSecret(from: .seeded(1)))!

  private func cookie(hours: Int64, seed: UInt64) -> [HTTPField] {
    let ticket = IssuedTicket(
      for: key.publicKey, policy: .standard, unixSeconds: (500_000 + hours) * 3600, random: .seeded(seed))!
    return [HTTPField("cookie", "id=\(ticket.payload.text)")]
  }

  @Test(arguments: 1...40)
  func lanesOpenOnlyOnceATicketIsStoredAndEverythingElseIsAnswered(seed: UInt64) throws {
    var random = SeededGenerator(seed)
    let pair = try LanePair(seed: seed)
    pair.network.faults = .init(loss: 50, duplication: 50, reordering: 300)
    pair.far.gate = TicketGate(keys: [key])
    let asker = Asker()
    _ = try #require(pair.dial(HTTP3Connection(isServer: false, asker, requestStreams: 0)))
    #expect(pair.network.run(until: { asker.connection != nil }))
    let isGood = seed % 4 > 0
    let isStored = seed % 8 != 1
    let ticketAt = Int(random.next() % 20)
    var (asked, pages, settledAt) = (0, 0, Int.max)
    for step in 0..<30 {
      if step == ticketAt {
        asker.ask("GET", "/ticket", cookie(hours: isGood ? 0 : 7, seed: seed))
      } else if random.next() % 4 == 0 {
        asker.ask("GET", "/page")
        pages += 1
      } else {
        asker.ask("POST", "/?c=\(random.next() % 6)", isOpen: true)
      }
      asked += 1
      pair.network.run(seconds: Double(random.next() % 20) / 1000, until: { false })
      #expect(settledAt != .max || !asker.answers.contains { $0.path.hasPrefix("/?") && $0.status == "200" })
      if pair.far.verdicts.contains("admitted"), settledAt == .max, random.next() % 4 == 0 {
        pair.laneServer?.settle(admitted: isStored)
        settledAt = step
      }
    }
    pair.network.run(seconds: 5, until: { pair.far.verdicts.contains("admitted") })
    pair.laneServer?.settle(admitted: isStored)
    #expect(pair.network.run(until: { asker.answers.count == asked }))
    let opened = asker.answers.filter { $0.path.hasPrefix("/?") && $0.status == "200" }.map(\.path)
    #expect(Set(opened).count == opened.count)
    #expect(opened.isEmpty || (isGood && isStored))
    #expect(asker.answers.filter { $0.path == "/page" }.count == pages)
    #expect(pair.far.isOpen == (opened.count == LaneNumbers.count))
    #expect(pair.far.ends.isEmpty)
  }
}
