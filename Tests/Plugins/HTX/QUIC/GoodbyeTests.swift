// SPDX-License-Identifier: Apache-2.0
import HTXQUIC
import HTXTestNetwork
import TestSupport
import Testing

/// How the other end hears that a connection is over.
@Suite struct GoodbyeTests {
  @Test func aConnectionThatBeginsGoesBeforeTheGoodbyeOfAnother() throws {
    let pair = try EndpointPair()
    let (old, _, far) = try pair.connected()
    pair.network.run(seconds: 1) { false }
    var kinds: [String] = []
    pair.network.filter = { bytes, to in
      if to == pair.serverAddress, let first = bytes.first { kinds.append(first & 0x80 != 0 ? "hello" : "goodbye") }
      return false
    }
    pair.client.end(old, error: 0, now: pair.network.now)
    #expect(kinds.isEmpty && pair.client.nextDeadline == 0)
    let (_, peer) = try pair.dial()
    pair.client.poll(now: pair.network.now)
    #expect(kinds == ["hello", "goodbye"])
    #expect(pair.network.run { peer.confirmations > 0 && far.reason != nil })
    pair.network.filter = { _, _ in false }
  }

  /// More than linger at a time: none is forgotten before the other end is told.
  @Test func allOfManyThatEndTogetherAreTold() throws {
    let pair = try EndpointPair()
    let count = 1_100
    for _ in 0..<count { _ = try pair.connected() }
    pair.client.shutdown(error: 7, now: pair.network.now)
    #expect(pair.network.run(seconds: 5) { pair.accepted.peers.allSatisfy { $0.reason != nil } })
    #expect(pair.accepted.peers.filter { $0.reason?.kind == .application(code: 7) }.count == count)
  }

  @Test func whoIsNotToldBecauseTheSinkIsFullIsToldWhenItHasRoom() throws {
    let pair = try EndpointPair()
    let (_, near, far) = try pair.connected()
    pair.network.run(seconds: 1) { false }
    let connection = try #require(far.connection)
    pair.serverSink.isBlocked = true
    pair.server.end(connection, error: 0, now: pair.network.now)
    pair.server.poll(now: pair.network.now)
    // It waits for the sink and does not ask again and again.
    #expect(pair.server.holdsPackets && pair.server.nextDeadline > pair.network.now)
    pair.serverSink.isBlocked = false
    pair.server.writable()
    #expect(pair.server.nextDeadline == 0)
    #expect(pair.network.run(seconds: 1) { near.reason != nil })
    #expect(!pair.server.holdsPackets)
  }
}
