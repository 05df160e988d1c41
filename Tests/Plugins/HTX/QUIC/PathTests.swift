// SPDX-License-Identifier: Apache-2.0
import CQUIC
import HTXQUIC
import HTXTestNetwork
import TestSupport
import Testing

@Suite struct PathTests {
  @Test func keysChangeUnderLoadWithoutLoss() throws {
    let pair = try EndpointPair()
    pair.accepted.prepare = { $0.echoes = true }
    let (connection, peer, server) = try pair.connected()
    let data = (0..<100_000).map { UInt8(truncatingIfNeeded: $0 >> 3) }
    var (updates, started) = (0, 0)
    func start() throws {
      started += 1
      peer.send(data, on: try #require(connection.openStream()), of: connection)
    }
    while updates < 6 {
      if peer.finished.count == started { try start() }
      if peer.bytesReceived < server.bytesReceived, connection.updateKeys(now: pair.network.now) { updates += 1 }
      pair.network.run(seconds: 0.011) { false }
      try #require(started < 500)
    }
    #expect(pair.network.run { peer.finished.count == started })
    #expect(peer.received.values.allSatisfy { $0 == data })
    #expect(Int(connection.statistics.key_updates) >= updates)
  }

  @Test func aClientGoesOnFromAnotherAddressWithoutLoss() throws {
    let pair = try EndpointPair()
    let (connection, peer, server) = try pair.connected()
    let data = (0..<2_000_000).map { UInt8(truncatingIfNeeded: $0 >> 2) }
    let stream = try #require(connection.openStream())
    peer.send(data, on: stream, of: connection)
    #expect(pair.network.run { server.bytesReceived > 200_000 })
    let address = NetworkAddress(v4: (198, 51, 100, 4), port: 999)
    pair.network.attach(pair.client, at: address)
    #expect(connection.migrate(to: address, now: pair.network.now))
    #expect(pair.network.run { peer.validPaths > 0 && connection.path?.local == address })
    pair.network.detach(pair.clientAddress)
    #expect(pair.network.run { server.finished.contains(stream) })
    #expect(server.received[stream] == data)
    #expect(server.connection?.path?.remote == address)
    #expect(pair.accepted.peers.count == 1)
  }

  @Test func aClientBehindAnAddressTranslatorThatForgotItIsFoundAgain() throws {
    let pair = try EndpointPair()
    let (connection, peer, server) = try pair.connected()
    let stream = try #require(connection.openStream())
    let data = [UInt8](repeating: 8, count: 500_000)
    peer.send(data, on: stream, of: connection)
    #expect(pair.network.run { server.bytesReceived > 50_000 })
    pair.network.translate(pair.clientAddress, to: NetworkAddress(v4: (198, 51, 100, 4), port: 5))
    #expect(pair.network.run { server.finished.contains(stream) })
    #expect(server.received[stream] == data)
  }

  @Test func aRestartedServerResetsTheConnectionsOfItsEarlierLife() throws {
    let pair = try EndpointPair()
    let (connection, peer, _) = try pair.connected()
    let stream = try #require(connection.openStream())
    pair.network.run(seconds: 0.2) { false }
    try pair.restartServer()
    peer.send([UInt8](repeating: 1, count: 500), on: stream, of: connection)
    let start = pair.network.now
    #expect(pair.network.run { peer.reason != nil })
    #expect(peer.reason?.kind == .statelessReset)
    #expect(pair.network.now - start < 1_000_000_000)
    #expect(pair.client.connections == 0)
    #expect(pair.server.figures.resets == 1)
  }

  @Test func packetsGrowToWhatThePathCarriesAndStayThere() throws {
    let pair = try EndpointPair()
    let limit = 1400
    pair.network.filter = { bytes, _ in bytes.count > limit }
    let (connection, peer, server) = try pair.connected()
    let stream = try #require(connection.openStream())
    peer.send([UInt8](repeating: 8, count: 3_000_000), on: stream, of: connection)
    #expect(pair.network.run { server.finished.contains(stream) && connection.statistics.payload_size > 1200 })
    pair.network.run(seconds: 5) { false }
    #expect(Int(connection.statistics.payload_size) <= limit)
  }

  @Test func `No packet is lost with a probe of the path that was too long`() throws {
    let pair = try EndpointPair()
    pair.network.longest = 1352
    let (connection, peer, server) = try pair.connected()
    let stream = try #require(connection.openStream())
    peer.send([UInt8](repeating: 8, count: 3_000_000), on: stream, of: connection)
    #expect(pair.network.run { server.finished.contains(stream) && connection.statistics.payload_size > 1200 })
    #expect(pair.network.lostBeside == 0)
    #expect(connection.statistics.payload_size <= 1352)
  }

  /// CUBIC goes on with 0.7 of its window (RFC 9438, 4.6), Reno with half of it.
  @Test func `A lost packet takes from the window what CUBIC takes`() throws {
    let pair = try EndpointPair()
    let (connection, peer, server) = try pair.connected()
    let stream = try #require(connection.openStream())
    peer.send([UInt8](repeating: 8, count: 20_000_000), on: stream, of: connection)
    #expect(pair.network.run { server.bytesReceived > 1_000_000 })
    var isLost = false
    pair.network.filter = { [server = pair.serverAddress] bytes, to in
      guard !isLost, to == server, bytes.count > 1000 else { return false }
      isLost = true
      return true
    }
    var (before, after) = (connection.statistics.congestion_window, UInt64(0))
    let hasShrunk = pair.network.run {
      after = connection.statistics.congestion_window
      if after < before { return true }
      before = after
      return false
    }
    #expect(hasShrunk)
    #expect((0.65...0.75).contains(Double(after) / Double(before)))
  }
}
