// SPDX-License-Identifier: Apache-2.0
import CQUIC
import HTXQUIC
import HTXTestNetwork
import TestSupport
import Testing

/// What the other end can make this one hold.
@Suite struct MemoryTests {
  private static func pair(_ budget: MemoryBudget) throws -> EndpointPair {
    var options = EndpointOptions()
    options.streamWindow = 1 << 20
    options.connectionWindow = 8 << 20
    return try EndpointPair(server: options, memory: budget)
  }

  /// Of each six packets of `connection` one arrives from now on, and none of the answers: gaps everywhere, for good.
  private func leaveGaps(_ pair: EndpointPair, _ connection: Connection, _ peer: StreamPeer, streams: Int) throws {
    var id: [UInt8]?
    var count = 0
    pair.network.filter = { [server = pair.serverAddress, client = pair.clientAddress] packet, to in
      guard to == server else { return to == client }
      let destination = Array(packet[1..<9])
      if packet[0] & 0x80 == 0, id == nil { id = destination }
      guard destination == id else { return false }
      count += 1
      return count % 6 != 0
    }
    for _ in 0..<streams {
      let stream = try #require(connection.openStream())
      peer.send([UInt8](repeating: 1, count: 1 << 20), on: stream, of: connection)
    }
  }

  /// Lets the congestion window of `connection` grow beyond all that it is going to send.
  private func warmUp(_ pair: EndpointPair, _ connection: Connection, _ peer: StreamPeer, _ server: StreamPeer) throws {
    server.keepsData = false
    let total = 8 * (4 << 20)
    for _ in 0..<8 {
      let stream = try #require(connection.openStream())
      peer.send([UInt8](repeating: 1, count: total / 8), on: stream, of: connection)
    }
    try #require(pair.network.run(seconds: 60) { server.bytesReceived == total })
    pair.network.run(seconds: 1) { false }
    try #require(connection.statistics.congestion_window > 8 << 20)
  }

  @Test func `Whoever leaves gaps in many streams is sent away, and others are served meanwhile`() throws {
    let budget = MemoryBudget(limit: 1 << 20, least: 128 << 10, most: 512 << 10)
    let pair = try Self.pair(budget)
    let (connection, peer, server) = try pair.connected()
    try warmUp(pair, connection, peer, server)
    #expect(server.reason == nil && budget.used == 0)
    try leaveGaps(pair, connection, peer, streams: 8)
    #expect(pair.network.run(seconds: 2) { server.reason != nil })
    #expect(server.reason?.kind == .application(code: 0) && server.reason?.isByPeer == false)
    #expect(pair.server.figures.overloads == 1)
    // A packet adds little more than a block of 8 KiB.
    let most = try #require(server.overload)
    #expect(most > 512 << 10 && most < 512 << 10 + 32_768, "\(most)")
    #expect(budget.used == 0)
    let other = NetworkAddress(v4: (192, 0, 2, 10), port: 40_000)
    pair.network.attach(pair.client, at: other)
    let honest = try pair.connected(from: other)
    let stream = try #require(honest.connection.openStream())
    honest.peer.send([UInt8](repeating: 2, count: 300_000), on: stream, of: honest.connection)
    #expect(pair.network.run { honest.server.finished.contains(stream) })
    #expect(honest.server.reason == nil)
  }

  /// When all together hold too much, the one goes who holds the most, whoever it is that asks for more.
  @Test func `Whoever holds the most goes when all hold too much`() throws {
    let budget = MemoryBudget(limit: 256 << 10, least: 128 << 10, most: 1 << 30)
    let pair = try Self.pair(budget)
    let (connection, peer, server) = try pair.connected()
    try warmUp(pair, connection, peer, server)
    let other = NetworkAddress(v4: (192, 0, 2, 10), port: 40_000)
    pair.network.attach(pair.client, at: other)
    let small = try pair.connected(from: other)
    // Gaps of one stream, which the honest way of the network fills later.
    let stream = try #require(small.connection.openStream())
    pair.network.faults = .init(loss: 200)
    small.peer.send([UInt8](repeating: 2, count: 1 << 20), on: stream, of: small.connection)
    #expect(pair.network.run(seconds: 60) { budget.used > 0 })
    pair.network.faults = .init()
    try leaveGaps(pair, connection, peer, streams: 8)
    #expect(pair.network.run(seconds: 2) { server.reason != nil })
    let most = try #require(server.overload)
    #expect(most <= (256 + 128) << 10 + 32_768, "\(most)")
    #expect(budget.used <= 256 << 10 && pair.server.figures.overloads == 1)
    #expect(pair.network.run { small.server.finished.contains(stream) })
    #expect(small.server.reason == nil)
  }

  @Test func `Whoever is trusted has a limit too`() throws {
    let budget = MemoryBudget(limit: 1 << 20, least: 128 << 10, most: 512 << 10, mostTrusted: 2 << 20)
    let pair = try Self.pair(budget)
    let (connection, peer, server) = try pair.connected()
    try warmUp(pair, connection, peer, server)
    try #require(server.connection).trust()
    try leaveGaps(pair, connection, peer, streams: 8)
    #expect(pair.network.run(seconds: 2) { server.reason != nil })
    let most = try #require(server.overload)
    #expect(most > 2 << 20 && most < 2 << 20 + 32_768, "\(most)")
    #expect(pair.server.figures.overloads == 1)
  }

  @Test func `Whoever is trusted has his windows to himself, and counts no more`() throws {
    let budget = MemoryBudget(limit: 1 << 20, least: 128 << 10, most: 512 << 10)
    let pair = try Self.pair(budget)
    let (connection, peer, server) = try pair.connected()
    try warmUp(pair, connection, peer, server)
    let trusted = try #require(server.connection)
    trusted.trust()
    try leaveGaps(pair, connection, peer, streams: 8)
    pair.network.run(seconds: 2) { trusted.statistics.memory > 4 << 20 }
    #expect(trusted.statistics.memory > 4 << 20)
    #expect(server.reason == nil && budget.used == 0 && pair.server.figures.overloads == 0)
  }
}
