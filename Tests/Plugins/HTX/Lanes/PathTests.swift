// SPDX-License-Identifier: Apache-2.0
import CQUIC
import HTXLanes
import HTXQUIC
import HTXTCP
import HTXTestNetwork
import HTXTickets
import MeshCrypto
import TestSupport
import Testing

@Suite struct HTXLanePathTests {
  private let key = TicketKey(secret: TicketKey.makeSecret(from: .seeded(1)))!

  /// An open link with bytes waiting on every lane of the dialling end.
  private func loaded(_ bytes: Int) throws -> (pair: LanePair, client: LaneClient, sent: [[UInt8]]) {
    let pair = try LanePair(seed: 9)
    pair.far.gate = TicketGate(keys: [key])
    let ticket = IssuedTicket(
      for: key.publicKey, policy: .standard, unixSeconds: 500_000 * 3600, random: .seeded(7))
    let made = try #require(ticket)
    let client = try #require(pair.link(made))
    var random = SeededGenerator(6)
    let sent = (0..<LaneNumbers.count).map { random.bytes(bytes + $0) }
    for lane in 0..<LaneNumbers.count {
      for start in stride(from: 0, to: sent[lane].count, by: 9000) {
        pair.near.send(lane, Array(sent[lane][start..<min(start + 9000, sent[lane].count)]))
      }
      client.resume(lane)
    }
    return (pair, client, sent)
  }

  private func arrived(_ pair: LanePair) -> Int { pair.far.arrived.reduce(0) { $0 + $1.count } }

  /// Lanes that were opened first go first: what waits on a better class is not behind the bulk of another.
  @Test(arguments: [0, 2, 3])
  func aPacketOfABetterClassGoesPastTheBulk(lane: Int) throws {
    let (pair, client, sent) = try loaded(0)
    for _ in 0..<900 { pair.near.send(4, [UInt8](repeating: 4, count: 9000)) }
    client.resume(4)
    #expect(pair.network.run { pair.far.arrived[4].count > 500_000 })
    let window = Int(try #require(pair.quic).statistics.congestion_window)
    let (before, start) = (pair.far.arrived[4].count, pair.network.now)
    pair.near.send(lane, [1, 2, 3])
    client.resume(lane)
    #expect(pair.network.run { pair.far.arrived[lane] == sent[lane] + [1, 2, 3] })
    // A round trip until there is room, half of one for the way, and a little.
    #expect(pair.network.now - start <= 4 * pair.network.delay)
    #expect(pair.far.arrived[4].count - before <= 4 * window)
    #expect(pair.far.arrived[4].count < 900 * 9000)
  }

  @Test func lanesGoOnWhenTheClientMovesUnderLoad() throws {
    let (pair, client, sent) = try loaded(200_000)
    let quic = try #require(pair.quic)
    let total = sent.reduce(0) { $0 + $1.count }
    let elsewhere = NetworkAddress(v4: (198, 51, 100, 4), port: 999)
    var hasMoved = false
    let isWhole = pair.network.run {
      if !hasMoved, arrived(pair) > total / 4 {
        pair.network.attach(pair.client, at: elsewhere)
        hasMoved = quic.migrate(to: elsewhere, now: pair.network.now)
      }
      if hasMoved, quic.path?.local == elsewhere { pair.network.detach(pair.clientAddress) }
      return arrived(pair) == total
    }
    #expect(isWhole && hasMoved && quic.path?.local == elsewhere)
    #expect(pair.far.arrived == sent)
    #expect(pair.near.ends.isEmpty && pair.far.reason == nil)
    withExtendedLifetime(client) {}
  }

  @Test func keysChangeUnderLoadWithoutAStall() throws {
    let (pair, client, sent) = try loaded(100_000)
    let quic = try #require(pair.quic)
    let total = sent.reduce(0) { $0 + $1.count }
    let (rounds, delay) = (3, pair.network.delay)
    for round in 1...rounds {
      var hasChanged = false
      var (latest, pause) = (pair.network.now, UInt64(0))
      var before = arrived(pair)
      let isWhole = pair.network.run {
        if arrived(pair) != before {
          (pause, latest, before) = (max(pause, pair.network.now - latest), pair.network.now, arrived(pair))
        }
        if !hasChanged, before > total * (round - 1) + total / 3 { hasChanged = quic.updateKeys(now: pair.network.now) }
        return before == total * round
      }
      #expect(isWhole && hasChanged, "round \(round)")
      // Nothing waits longer than for what was lost, and nothing is lost here.
      #expect(pause <= 4 * delay, "round \(round)")
      // A change is possible three probe timeouts after the last.
      pair.network.run(seconds: 1, until: { false })
      pair.network.now += 1_000_000_000
      guard round < rounds else { break }
      for lane in 0..<LaneNumbers.count {
        for start in stride(from: 0, to: sent[lane].count, by: 9000) {
          pair.near.send(lane, Array(sent[lane][start..<min(start + 9000, sent[lane].count)]))
        }
        client.resume(lane)
      }
    }
    #expect(quic.statistics.key_updates >= rounds)
    #expect(pair.far.arrived == sent.map { lane in Array((0..<rounds).map { _ in lane }.joined()) })
  }

  /// Nanoseconds until everything is there, and the sender's window then.
  private func transfer(_ faults: VirtualNetwork.Faults) throws -> (time: UInt64, window: UInt64) {
    let (pair, client, sent) = try loaded(300_000)
    pair.network.faults = faults
    let start = pair.network.now
    let total = sent.reduce(0) { $0 + $1.count }
    #expect(pair.network.run { arrived(pair) == total })
    #expect(pair.far.arrived == sent)
    withExtendedLifetime(client) {}
    return (pair.network.now - start, try #require(pair.quic).statistics.congestion_window)
  }

  @Test func aPathThatMarksPacketsAsCongestedSlowsTheSenderWithoutALoss() throws {
    let free = try transfer(.init())
    let marked = try transfer(.init(congestion: 50))
    #expect(marked.window < free.window / 2)
    #expect(marked.time > free.time)
  }
}
