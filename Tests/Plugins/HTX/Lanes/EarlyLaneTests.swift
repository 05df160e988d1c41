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

/// Lanes that are asked for in the same flight as the ticket.
@Suite struct HTXEarlyLaneTests {
  private let key = TicketKey(secret: TicketKey.makeSecret(from: .seeded(1)))!

  private func ticket(hours: Int64 = 0) -> IssuedTicket {
    let noon: Int64 = 500_000 * 3600 + 3600 * hours
    return IssuedTicket(for: key.publicKey, policy: .standard, unixSeconds: noon, random: .seeded(2))!
  }

  private func cookie(hours: Int64 = 0) -> [HTTPField] {
    [HTTPField("cookie", "id=\(ticket(hours: hours).payload.text)")]
  }

  private func pair(seed: UInt64 = 1) throws -> LanePair {
    let pair = try LanePair(seed: seed)
    pair.far.gate = TicketGate(keys: [key])
    return pair
  }

  /// A connection on which requests are asked one by one.
  private func asker(_ pair: LanePair) throws -> Asker {
    let asker = Asker()
    _ = try #require(pair.dial(HTTP3Connection(isServer: false, asker, requestStreams: 0)))
    #expect(pair.network.run(until: { asker.connection != nil }))
    return asker
  }

  @Test func aLinkTakesOneRoundTripAfterTheHandshake() throws {
    let pair = try pair()
    let start = pair.network.now
    _ = try #require(pair.open(ticket()) { pair.near.isOpen })
    // Hello there and back, ticket and lanes there, their answers back.
    #expect(pair.network.now - start == 4 * pair.network.delay)
    #expect(pair.near.isConfirmed && pair.far.isOpen)
  }

  @Test func lanesBehindAGoodTicketWaitForItAndOpenInTheirOrder() throws {
    let pair = try pair()
    let asker = try asker(pair)
    asker.ask("GET", "/", cookie())
    for lane in 0..<LaneNumbers.count { asker.ask("POST", "/?c=\(lane)", isOpen: true) }
    pair.network.run(seconds: 2, until: { false })
    #expect(asker.answers.isEmpty && !pair.far.isOpen)
    pair.laneServer?.settle(admitted: true)
    #expect(pair.network.run(until: { asker.answers.count == 7 }))
    #expect(asker.answers.map(\.status) == ["200"] + Array(repeating: "200", count: LaneNumbers.count))
    #expect(pair.far.isOpen)
  }

  /// Nothing of what comes in time for a ticket opens when it could not be stored.
  @Test func lanesBehindATicketThatIsNotStoredAreAnsweredAsAStrangers() throws {
    let pair = try pair()
    let asker = try asker(pair)
    asker.ask("GET", "/", cookie())
    for lane in 0..<LaneNumbers.count { asker.ask("POST", "/?c=\(lane)", isOpen: true) }
    #expect(pair.network.run(until: { !pair.far.verdicts.isEmpty }))
    pair.laneServer?.settle(admitted: false)
    #expect(pair.network.run(until: { asker.answers.count == 7 }))
    #expect(asker.answers.dropFirst().allSatisfy { $0.status == "405" })
    #expect(!pair.far.isOpen)
  }

  /// A stranger and the owner of a bad ticket are kept waiting for nothing, in whichever order they ask.
  @Test(arguments: [true, false])
  func lanesBesideABadTicketAreAnsweredAtOnceAndExactlyAsWithoutTickets(isTicketFirst: Bool) throws {
    func answers(_ pair: LanePair) throws -> (answers: [Asker.Answer], sizes: [Int]) {
      let asker = try asker(pair)
      pair.network.run(seconds: 2, until: { false })
      pair.sizes = []
      if isTicketFirst { asker.ask("GET", "/", cookie(hours: 5)) }
      for lane in 0..<LaneNumbers.count { asker.ask("POST", "/?c=\(lane)", isOpen: true) }
      if !isTicketFirst { asker.ask("GET", "/", cookie(hours: 5)) }
      #expect(pair.network.run(until: { asker.answers.count == 7 }))
      pair.network.run(seconds: 2, until: { false })
      return (asker.answers, pair.sizes ?? [])
    }
    let judging = try pair()
    let (first, second) = (try answers(judging), try answers(LanePair(judges: false)))
    #expect(first.answers == second.answers && first.sizes == second.sizes)
    #expect(first.answers.filter { $0.status == "405" }.count == LaneNumbers.count)
    #expect(!judging.far.isOpen && judging.far.verdicts.contains("wrong value"))
  }

  @Test func noMoreThanOneOfEachLaneWaitsAndWhatHasABodyIsNone() throws {
    let pair = try pair()
    let asker = try asker(pair)
    asker.ask("GET", "/", cookie())
    for _ in 0..<40 { asker.ask("POST", "/?c=3", isOpen: true) }
    asker.ask("POST", "/?c=9", isOpen: true)
    asker.ask("POST", "/?c=4", body: "early")
    #expect(pair.network.run(until: { asker.answers.count == 40 }))
    #expect(asker.answers.allSatisfy { $0.status == "405" })
    pair.laneServer?.settle(admitted: true)
    #expect(pair.network.run(until: { asker.answers.count == 43 }))
    let last = asker.answers.suffix(3).map { "\($0.path) \($0.status)" }
    #expect(last == ["/ 200", "/?c=3 200", "/?c=4 405"])
    #expect(pair.far.arrived.allSatisfy(\.isEmpty) && !pair.far.isOpen)
  }

  /// A site that has never heard of links with one lane is asked for all of them.
  @Test(arguments: [true, false])
  func aLaneThatCameBeforeItsTicketIsAskedForAgainOnce(opensLater: Bool) throws {
    let site = HastySite(opensLater: opensLater)
    let pair = try LanePair(other: site)
    let client = try #require(pair.open(ticket()) { pair.near.isOpen })
    #expect(site.refused == 1 && site.opened == (opensLater ? 1 : LaneNumbers.count))
    #expect(pair.near.ends.isEmpty && client.opensLater == opensLater)
    client.openRest()
    #expect(pair.network.run(until: { site.opened == LaneNumbers.count }))
    let closed = HastySite()
    closed.isClosed = true
    let other = try LanePair(other: closed)
    _ = try #require(other.open(ticket()) { !other.near.ends.isEmpty })
    guard case .refused(405)? = other.near.ends.first else {
      Issue.record("\(other.near.ends)")
      return
    }
    #expect(closed.refused == 2 && !other.near.isOpen)
  }

  /// Packets with the ticket are lost and come again, are overtaken, and come twice.
  @Test(arguments: 1...20)
  func aLinkComesUpOverANetworkThatLosesAndReorders(seed: UInt64) throws {
    let pair = try pair(seed: seed)
    pair.network.faults = .init(loss: 200, duplication: 100, reordering: 300)
    _ = try #require(pair.open(ticket()) { pair.near.isOpen && pair.far.isOpen })
    #expect(pair.near.ends.isEmpty && pair.far.verdicts.filter { $0 == "admitted" } == ["admitted"])
  }

  /// The word that the handshake is confirmed need not be the first that comes after it.
  @Test func aConnectionThatIsLostBeforeItIsConfirmedIsMissedThoughItHasShownATicket() throws {
    let pair = try pair()
    let (network, server, ticket) = (pair.network, pair.serverAddress, ticket())
    pair.near.onReached = { [unowned network] client in
      _ = client.begin(.local, ticket)
      network.filter = { _, to in to == server }
    }
    _ = try #require(pair.dial(LaneClient(pair.near).makeConnection()))
    #expect(pair.network.run(until: { pair.near.missedReason != nil }))
    #expect(pair.near.hasReached && !pair.near.isConfirmed && pair.near.reason == nil)
  }
}
