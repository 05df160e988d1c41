// SPDX-License-Identifier: Apache-2.0
import CQUIC
import HTXQUIC
import HTXTestNetwork
import TestSupport
import Testing

@Suite struct StreamTests {
  @Test func aHundredThousandShortStreamsNeitherStallNorGrowMemory() throws {
    let pair = try EndpointPair()
    pair.network.delay = 50_000
    pair.accepted.prepare = { $0.echoes = true }
    let (connection, peer, server) = try pair.connected()
    let total = 100_000
    var (started, finished) = (0, 0)
    peer.keepsData = false
    let message = [UInt8](repeating: 0x5A, count: 24)
    func start(_ connection: Connection) {
      while started < total, started - finished < 100, let stream = connection.openStream() {
        started += 1
        peer.send(message, on: stream, of: connection)
      }
    }
    peer.onClosed = { connection, _ in
      finished += 1
      start(connection)
    }
    // Where all streams are over before the word comes that there may be more.
    peer.onStreamsCredited = start
    start(connection)
    #expect(pair.network.run(seconds: 3600) { finished >= 20_000 })
    let held = try #require(server.connection)
    let early = (connection.statistics.memory, held.statistics.memory)
    #expect(pair.network.run(seconds: 3600) { finished == total })
    peer.onClosed = { _, _ in }
    peer.onStreamsCredited = { _ in }
    #expect(server.opened == total)
    #expect(peer.bytesReceived == total * message.count)
    #expect(connection.statistics.memory < 2 * early.0 + 65_536)
    #expect(held.statistics.memory < 2 * early.1 + 65_536)
  }

  @Test func aPollThatMaySendSoMuchIsDueAtOnceForTheRest() throws {
    let pair = try EndpointPair()
    pair.network.delay = 5_000_000
    let (connection, peer, server) = try pair.connected()
    let stream = try #require(connection.openStream())
    let whole = 2_000_000
    peer.send([UInt8](repeating: 7, count: whole), on: stream, of: connection)
    #expect(pair.network.run(seconds: 60) { server.bytesReceived == whole })
    pair.network.run(seconds: 1) { false }
    #expect(connection.statistics.congestion_window > 200_000, "no window for more than a train")
    let other = try #require(connection.openStream())
    peer.send([UInt8](repeating: 8, count: 150_000), on: other, of: connection)
    let before = pair.client.figures.bytesSent
    pair.client.poll(now: pair.network.now, bytes: 1)
    let first = pair.client.figures.bytesSent - before
    #expect(first > 0 && first <= 65_536)
    #expect(pair.client.nextDeadline == 0)
    pair.client.poll(now: pair.network.now)
    #expect(pair.client.figures.bytesSent - before > 65_536)
  }

  @Test(arguments: [UInt64(1), 2, 3, 4, 5, 6])
  func bytesArriveWholeThroughLossReorderingAndDuplication(seed: UInt64) throws {
    let pair = try EndpointPair(seed: seed)
    pair.network.faults = VirtualNetwork.Faults(loss: 30, duplication: 50, reordering: 100)
    pair.accepted.prepare = { $0.echoes = true }
    var random = SeededGenerator(seed)
    let (connection, peer, _) = try pair.connected()
    var sent: [Int64: [UInt8]] = [:]
    for _ in 0..<5 {
      let stream = try #require(connection.openStream())
      let data = random.bytes(Int(random.next() % 60_000))
      sent[stream] = data
      peer.send(data, on: stream, of: connection)
    }
    #expect(pair.network.run(seconds: 600) { peer.finished.count == sent.count }, "seed \(seed)")
    for (stream, data) in sent { #expect(peer.received[stream, default: []] == data, "seed \(seed)") }
    #expect(peer.confirmations == 1)
  }

  @Test func aReaderThatTakesNothingStopsItsSenderAtTheWindow() throws {
    var options = EndpointOptions()
    options.streamWindow = 64 << 10
    options.connectionWindow = 96 << 10
    let pair = try EndpointPair(server: options)
    let (connection, peer, server) = try pair.connected()
    server.consumes = false
    let data = [UInt8](repeating: 3, count: 300_000)
    let one = try #require(connection.openStream())
    let other = try #require(connection.openStream())
    peer.send(data, on: one, of: connection)
    peer.send(data, on: other, of: connection)
    pair.network.run(seconds: 5) { false }
    #expect(server.bytesReceived == 96 << 10)
    #expect(server.received.values.allSatisfy { $0.count <= 64 << 10 })
    server.consumes = true
    let held = try #require(server.connection)
    for (stream, bytes) in server.received { held.consumed(stream: stream, count: bytes.count) }
    #expect(pair.network.run { server.bytesReceived == 2 * data.count })
  }

  @Test func streamsBeyondTheLimitWaitForOthersToClose() throws {
    var options = EndpointOptions()
    options.bidirectionalStreams = 3
    let pair = try EndpointPair(server: options)
    pair.accepted.prepare = { $0.echoes = true }
    let (connection, peer, _) = try pair.connected()
    #expect(connection.streamsLeft == 3)
    let streams = (0..<3).compactMap { _ in connection.openStream() }
    #expect(streams.count == 3)
    #expect(connection.openStream() == nil)
    peer.send([1], on: streams[0], of: connection)
    #expect(pair.network.run { connection.streamsLeft == 1 })
    #expect(connection.openStream() != nil)
  }

  @Test func resettingAStreamLeavesTheOthersAlone() throws {
    let pair = try EndpointPair()
    let (connection, peer, server) = try pair.connected()
    let data = [UInt8](repeating: 3, count: 200_000)
    let bad = try #require(connection.openStream())
    let good = try #require(connection.openStream())
    peer.send(data, on: bad, of: connection)
    peer.send(data, on: good, of: connection)
    #expect(pair.network.run { server.bytesReceived > 0 })
    connection.reset(stream: bad, error: 77)
    #expect(pair.network.run { server.finished.contains(good) && !server.streamErrors.isEmpty })
    #expect(server.received[good] == data)
    #expect(server.streamErrors == [77])
    #expect(peer.reason == nil)
  }

  @Test func anErrorOfTheApplicationEndsBothSidesAndFreesThem() throws {
    let pair = try EndpointPair()
    let (connection, peer, server) = try pair.connected()
    connection.fail(error: 0x100, "done")
    #expect(pair.network.run { server.reason != nil && peer.reason != nil })
    #expect(server.reason?.kind == .application(code: 0x100))
    #expect(server.reason?.sentence == "done")
    #expect(server.reason?.isByPeer == true)
    #expect(peer.reason?.isByPeer == false)
    #expect(pair.network.run { pair.server.connections == 0 && pair.client.connections == 0 })
  }

  @Test func aFullSocketLosesNothing() throws {
    let pair = try EndpointPair()
    let (connection, peer, server) = try pair.connected()
    let stream = try #require(connection.openStream())
    let data = (0..<400_000).map { UInt8(truncatingIfNeeded: $0) }
    let answer = try #require(server.connection?.openStream())
    server.send(data, on: answer, of: try #require(server.connection))
    peer.send([1, 2, 3], on: stream, of: connection)
    pair.serverSink.isBlocked = true
    pair.network.run(seconds: 0.5) { false }
    #expect(peer.bytesReceived == 0)
    pair.serverSink.isBlocked = false
    pair.server.writable()
    #expect(pair.network.run { peer.finished.contains(answer) })
    #expect(peer.received[answer] == data)
  }
}
