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

/// Lanes that are asked for after a link is up.
@Suite struct HTXLateLaneTests {
  private let key = TicketKey(secret: TicketKey.makeSecret(from: .seeded(1)))!

  private func ticket() -> IssuedTicket {
    IssuedTicket(for: key.publicKey, policy: .standard, unixSeconds: 500_000 * 3600, random: .seeded(2))!
  }

  private func narrow(seed: UInt64 = 1) throws -> (pair: LanePair, client: LaneClient) {
    let pair = try LanePair(seed: seed)
    pair.far.gate = TicketGate(keys: [key])
    let client = try #require(pair.link(ticket(), isNarrow: true))
    #expect(pair.near.isOpen && pair.far.isOpen)
    return (pair, client)
  }

  @Test func aLinkIsUpWithLaneZeroAloneAndCarriesBytes() throws {
    let (pair, client) = try narrow()
    #expect(client.opensLater && pair.laneServer?.opensLater == true && pair.laneServer?.hasAllLanes == false)
    pair.near.send(0, [1, 2, 3])
    pair.far.send(0, [4, 5])
    client.resume(0)
    pair.laneServer?.resume(0)
    #expect(pair.network.run(until: { pair.far.arrived[0] == [1, 2, 3] && pair.near.arrived[0] == [4, 5] }))
  }

  /// Bytes that go right behind the head of a lane are the lane's, and the server's are there once it is asked.
  @Test(arguments: 1...10)
  func theRestOpensWithTheFirstBytesOverABadNetwork(seed: UInt64) throws {
    let (pair, client) = try narrow(seed: seed)
    pair.network.faults = .init(loss: 100, duplication: 50, reordering: 300)
    for lane in 0..<LaneNumbers.count {
      pair.far.send(lane, [UInt8](repeating: UInt8(lane), count: 3000))
      pair.laneServer?.resume(lane)
    }
    pair.network.run(seconds: 1, until: { false })
    let early = pair.near.arrived.dropFirst().reduce(0) { $0 + $1.count }
    #expect(early == 0)
    client.openRest()
    for lane in 0..<LaneNumbers.count {
      pair.near.send(lane, [UInt8](repeating: UInt8(lane), count: 2000))
      client.resume(lane)
    }
    func isWhole(_ end: RecordingLender, _ count: Int) -> Bool { end.arrived.allSatisfy { $0.count == count } }
    #expect(pair.network.run(until: { isWhole(pair.near, 3000) && isWhole(pair.far, 2000) }))
    #expect(pair.near.openings == 1 && pair.far.openings == 1 && pair.laneServer?.hasAllLanes == true)
    #expect(pair.near.ends.isEmpty && pair.far.ends.isEmpty)
  }

  @Test func theGoodbyeOfTheOnlyLaneIsThatOfTheLink() throws {
    let (pair, client) = try narrow()
    pair.near.isClosing = true
    client.resume(0)
    #expect(pair.network.run(until: { !pair.far.ends.isEmpty }))
    guard case .closed? = pair.far.ends.first else {
      Issue.record("\(pair.far.ends)")
      return
    }
  }

  /// The requests for other lanes may come after the end of lane 0: whoever has heard of them waits for theirs, too.
  @Test func theGoodbyeOfLaneZeroIsNotThatOfLanesThatAreOnTheirWay() throws {
    let (pair, client) = try narrow()
    pair.laneServer?.expectRest()
    pair.near.isClosing = true
    client.resume(0)
    pair.network.run(seconds: 1, until: { false })
    #expect(pair.far.ends.isEmpty)
    pair.near.send(3, [9])
    client.openRest()
    #expect(pair.network.run(until: { !pair.far.ends.isEmpty }))
    #expect(pair.far.arrived[3] == [9])
  }

  @Test func theServersGoodbyeIsThatOfTheLanesThatWereAskedFor() throws {
    for isNarrow in [true, false] {
      let (pair, client) = try narrow()
      if !isNarrow {
        pair.widen(client)
        #expect(pair.network.run(until: { pair.laneServer?.hasAllLanes == true }))
      }
      pair.far.isClosing = true
      for lane in 0..<LaneNumbers.count { pair.laneServer?.resume(lane) }
      #expect(pair.network.run(until: { !pair.near.ends.isEmpty }))
      guard case .closed? = pair.near.ends.first else {
        Issue.record("\(pair.near.ends), \(isNarrow)")
        return
      }
    }
  }

  /// Who does not say that he knows links of one lane has none, as a node of an older version.
  @Test func withoutTheWordAllLanesMakeTheLink() throws {
    let pair = try LanePair()
    pair.far.gate = TicketGate(keys: [key])
    let asker = Asker()
    _ = try #require(pair.dial(HTTP3Connection(isServer: false, asker, requestStreams: 0)))
    #expect(pair.network.run(until: { asker.connection != nil }))
    asker.ask("GET", "/", [HTTPField("cookie", "id=\(ticket().text)")])
    #expect(pair.network.run(until: { !pair.far.verdicts.isEmpty }))
    pair.laneServer?.settle(admitted: true)
    asker.ask("POST", "/?c=0", isOpen: true)
    #expect(pair.network.run(until: { asker.answers.count == 2 }))
    #expect(!pair.far.isOpen && pair.laneServer?.opensLater == false)
    for lane in 1..<LaneNumbers.count { asker.ask("POST", "/?c=\(lane)", isOpen: true) }
    #expect(pair.network.run(until: { pair.far.isOpen }))
  }
}
