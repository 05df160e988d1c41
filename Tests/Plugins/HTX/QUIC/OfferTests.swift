// SPDX-License-Identifier: Apache-2.0
import HTXQUIC
import HTXTestNetwork
import TestSupport
import Testing

/// What is pulled for several packets.
@Suite struct OfferTests {
  private func dial(_ pair: EndpointPair, _ peer: TurnPeer) throws -> Connection {
    let pins = pair.serverCredentials.pin.map { [$0] } ?? []
    let identity = PeerIdentity(name: "server.example", pins: pins)
    let connection = try #require(
      pair.client.connect(to: pair.serverAddress, from: pair.clientAddress, identity, peer, now: pair.network.now))
    #expect(pair.network.run { peer.isConnected })
    return connection
  }

  @Test func aStreamThatIsAloneIsPulledOnceForSeveralPackets() throws {
    let pair = try EndpointPair()
    let peer = TurnPeer(takesTurns: false, piece: 100_000)
    let connection = try dial(pair, peer)
    let stream = try #require(connection.openStream())
    let body = (0..<1_000_000).map { UInt8(truncatingIfNeeded: $0 / 251) }
    let (packets, heard) = (pair.client.figures.packetsSent, pair.client.figures.packetsReceived)
    peer.send(body, on: stream, of: connection)
    #expect(pair.network.run(seconds: 60) { peer.acknowledged(stream) == body.count })
    #expect(pair.accepted.peers.last?.received[stream] == body)
    #expect(UInt64(peer.takings.count) < (pair.client.figures.packetsSent - packets) / 3)
    #expect(peer.takings.allSatisfy { $0.count < 16_384 + 1500 }, "others would wait behind more than that")
    #expect(peer.takings.filter(\.isFinal).count == 1)
    #expect(UInt64(peer.acknowledgements) <= pair.client.figures.packetsReceived - heard)
  }

  @Test func streamsThatTakeTurnsAreAskedForEachPacket() throws {
    let pair = try EndpointPair()
    let peer = TurnPeer(takesTurns: true, piece: 100_000)
    let connection = try dial(pair, peer)
    let streams = (0..<2).compactMap { _ in connection.openStream() }
    for stream in streams { peer.send([UInt8](repeating: 7, count: 200_000), on: stream, of: connection) }
    #expect(pair.network.run(seconds: 60) { streams.allSatisfy { peer.acknowledged($0) == 200_000 } })
    let both = peer.takings.prefix { !$0.isFinal }
    #expect(both.count > 200)
    #expect(both.allSatisfy { $0.count <= 1500 })
  }

  @Test func whatIsTakenBeforeAStreamHasNoCreditIsToldBeforeThat() throws {
    var options = EndpointOptions()
    options.streamWindow = 20_000
    let pair = try EndpointPair(server: options)
    pair.accepted.prepare = { $0.consumes = false }
    let peer = TurnPeer(takesTurns: false, piece: 30_000)
    let connection = try dial(pair, peer)
    let stream = try #require(connection.openStream())
    let body = (0..<50_000).map { UInt8(truncatingIfNeeded: $0 / 13) }
    peer.send(body, on: stream, of: connection)
    #expect(pair.network.run(seconds: 60) { peer.refusals > 0 && peer.acknowledged(stream) == 20_000 })
    #expect(peer.sent(stream) == 20_000)
    let server = try #require(pair.accepted.peers.last)
    server.consumes = true
    server.connection?.consumed(stream: stream, count: 20_000)
    #expect(pair.network.run(seconds: 60) { peer.acknowledged(stream) == body.count })
    #expect(server.received[stream] == body)
  }

  @Test(arguments: [UInt64(1), 2, 3, 4, 5, 6])
  func bodiesOfManyPiecesArriveWholeInAnyOrderOfTurns(seed: UInt64) throws {
    var random = SeededGenerator(seed)
    var options = EndpointOptions()
    options.streamWindow = UInt64.random(in: 5_000...80_000, using: &random)
    options.connectionWindow = UInt64.random(in: 20_000...200_000, using: &random)
    let pair = try EndpointPair(seed: seed, server: options)
    let peer = TurnPeer(takesTurns: seed % 2 == 0, piece: Int.random(in: 1...9_000, using: &random))
    let connection = try dial(pair, peer)
    pair.network.faults = VirtualNetwork.Faults(loss: 20, duplication: 20, reordering: 50)
    var bodies: [Int64: [UInt8]] = [:]
    for _ in 0..<5 {
      let stream = try #require(connection.openStream())
      bodies[stream] = random.bytes(Int.random(in: 1...150_000, using: &random))
      peer.send(bodies[stream] ?? [], on: stream, of: connection)
    }
    #expect(
      pair.network.run(seconds: 600) { bodies.allSatisfy { peer.acknowledged($0.key) == $0.value.count } },
      "seed \(seed)")
    for (stream, body) in bodies {
      #expect(pair.accepted.peers.last?.received[stream] == body, "seed \(seed)")
      #expect(peer.takings.filter { $0.stream == stream && $0.isFinal }.count == 1, "seed \(seed)")
    }
  }
}
