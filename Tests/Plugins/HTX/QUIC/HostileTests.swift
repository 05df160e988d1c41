// SPDX-License-Identifier: Apache-2.0
import CQUIC
import HTXQUIC
import HTXTestNetwork
import TestSupport
import Testing

@Suite struct HostileTests {
  /// A ClientHello longer than one datagram.
  private static let longHello = {
    var options = EndpointOptions()
    options.helloPadding = 1400
    return options
  }()

  @Test(arguments: [UInt64(1), 2, 3, 4])
  func aRetryWorksForAClientHelloInTwoDatagrams(seed: UInt64) throws {
    var options = EndpointOptions()
    options.retryThreshold = 0
    let pair = try EndpointPair(seed: seed, server: options, client: Self.longHello)
    if seed > 1 { pair.network.faults.reordering = 500 }
    let (_, peer, server) = try pair.connected()
    #expect(pair.server.figures.retries == 1)
    #expect(peer.reason == nil)
    #expect(server.connection?.applicationProtocol == "h3")
    #expect(pair.accepted.peers.filter { $0.confirmations > 0 }.count == 1)
  }

  @Test func aClientHelloInTwoDatagramsWorksInEitherOrderWithoutRetryToo() throws {
    for seed in UInt64(1)...6 {
      let pair = try EndpointPair(seed: seed, client: Self.longHello)
      pair.network.faults.reordering = 500
      let (_, peer, _) = try pair.connected()
      #expect(peer.confirmations == 1, "seed \(seed)")
    }
  }

  @Test func aRetryThatWasLostIsAskedForAgain() throws {
    var options = EndpointOptions()
    options.retryThreshold = 0
    let pair = try EndpointPair(server: options)
    var lost = 0
    pair.network.filter = { [client = pair.clientAddress] bytes, to in
      guard to == client, lost < 1 else { return false }
      lost += 1
      return true
    }
    _ = try pair.connected()
    #expect(pair.server.figures.retries == 2)
  }

  /// Its time is of the clock of the process that made it, which begins anew with the machine.
  @Test func aProofOfAnAddressIsGoodForTheProcessThatGaveIt() throws {
    var options = EndpointOptions()
    options.retryThreshold = 0
    let pair = try EndpointPair(server: options)
    let (_, peer) = try pair.dial()
    try #require(pair.network.run(until: { pair.server.figures.retries == 1 }))
    // The same secret, as after a restart.
    try pair.restartServer()
    #expect(pair.network.run(until: { peer.reason != nil }))
    #expect(pair.accepted.peers.isEmpty)
  }

  /// Two handshakes between two calls of `poll`; the rest waits its turn, and everybody gets in.
  @Test func firstPacketsBeyondTheShareOfATurnWait() throws {
    var options = EndpointOptions()
    options.handshakesPerPoll = 2
    let pair = try EndpointPair(server: options)
    let peers = try (0..<40).map { _ in try pair.dial().peer }
    #expect(pair.network.run(until: { peers.allSatisfy { $0.confirmations == 1 } }))
    #expect(pair.accepted.peers.count == 40 && pair.server.figures.refusals == 0)
  }

  /// More first packets than may wait are dropped; their clients send them again.
  @Test func firstPacketsThatFindNoRoomAreDropped() throws {
    var options = EndpointOptions()
    options.handshakesPerPoll = 1
    options.retryThreshold = 1000
    let pair = try EndpointPair(server: options)
    let peers = try (0..<300).map { _ in try pair.dial().peer }
    #expect(pair.network.run(until: { pair.server.figures.refusals > 0 }))
    #expect(pair.server.figures.refusals == 43 && pair.accepted.peers.count == 1)
    #expect(pair.network.run(until: { peers.allSatisfy { $0.confirmations == 1 } }))
  }

  @Test func aSilentClientGetsAtMostThreeTimesWhatItSent() throws {
    let pair = try EndpointPair(client: Self.longHello)
    var sent = 0
    pair.network.filter = { [server = pair.serverAddress] bytes, to in
      // The client's first flight arrives; nothing of it afterwards.
      guard to == server else { return true }
      sent += 1
      return sent > 2
    }
    _ = try pair.dial()
    pair.network.run(seconds: 30) { false }
    let received = pair.server.figures.bytesReceived
    #expect(received > 0)
    #expect(pair.server.figures.bytesSent <= 3 * received)
    #expect(pair.server.connections == 0)
  }

  @Test func unknownVersionsAreAnsweredWithAListButShortDatagramsAreNot() throws {
    let pair = try EndpointPair()
    let (_, peer) = try pair.dial(version: 0x1A2A_3A4A)
    #expect(pair.network.run { peer.reason != nil })
    #expect(peer.reason?.kind == .version)
    #expect(pair.server.figures.versionNegotiations >= 1)
    let before = pair.server.figures.packetsSent
    let head: [UInt8] = [0xC0, 0xFA, 0xCE, 0xB0, 0x0C, 8, 1, 2, 3, 4, 5, 6, 7, 8, 0]
    pair.network.inject(head + [UInt8](repeating: 0, count: 1000), from: pair.clientAddress, to: pair.serverAddress)
    pair.network.run(seconds: 1) { false }
    #expect(pair.server.figures.packetsSent == before)
    pair.network.inject(head + [UInt8](repeating: 0, count: 1200), from: pair.clientAddress, to: pair.serverAddress)
    pair.network.run(seconds: 1) { false }
    #expect(pair.server.figures.packetsSent == before + 1)
  }

  @Test func aFloodOfNonsenseGetsAlmostNothingAndLeavesTheServerWorking() throws {
    let pair = try EndpointPair()
    var random = SeededGenerator(5)
    let attacker = NetworkAddress(v4: (203, 0, 113, 5), port: 7)
    _ = try pair.connected()
    let before = pair.server.figures
    for round in 0..<20_000 {
      var packet = random.bytes(round % 3 == 0 ? 1200 : Int(random.next() % 200) + 1)
      if round % 3 == 0 {
        // An Initial of version 1 whose contents do not open.
        packet.replaceSubrange(0..<6, with: [0xC3, 0, 0, 0, 1, 8])
        packet[14] = 8
        packet[23] = 0
      }
      pair.network.inject(packet, from: attacker, to: pair.serverAddress)
      if round % 100 == 0 { pair.network.run(seconds: 0.01) { false } }
    }
    pair.network.run(seconds: 1) { false }
    let sent = pair.server.figures.bytesSent - before.bytesSent
    let received = pair.server.figures.bytesReceived - before.bytesReceived
    #expect(Double(sent) < 0.1 * Double(received))
    #expect(pair.server.connections == 1)
    let (_, peer, _) = try pair.connected()
    #expect(peer.confirmations == 1)
    pair.network.run(seconds: 60) { pair.server.connections == 0 }
    #expect(pair.server.connections == 0)
    #expect(pair.server.handshakes == 0)
  }

  @Test func handshakesThatNobodyFinishesAreBoundedAndHonestClientsStillCome() throws {
    var options = EndpointOptions()
    options.retryThreshold = 20
    options.handshakeLimit = 40
    let pair = try EndpointPair(server: options)
    let deaf = NetworkAddress(v4: (203, 0, 113, 5), port: 7)
    let credentials = try Credentials(.authorities(nil), protocols: ["h3"])
    let attacker = try #require(Endpoint(credentials, EndpointOptions(), sink: VirtualSink(pair.network)))
    pair.network.attach(attacker, at: deaf)
    pair.network.filter = { _, to in to == deaf }
    for _ in 0..<200 {
      _ = attacker.connect(
        to: pair.serverAddress, from: deaf, .anyone, ConnectionHandler(), now: pair.network.now)
      pair.network.run(seconds: 0.012) { false }
      #expect(pair.server.handshakes <= 20)
    }
    #expect(pair.server.figures.retries > 100)
    let (_, peer, _) = try pair.connected()
    #expect(peer.confirmations == 1)
  }

  @Test func `First packets that never open make clients prove their address, and honest ones come in`() throws {
    var options = EndpointOptions()
    options.handshakesPerPoll = 4
    options.retryThreshold = 32
    let pair = try EndpointPair(server: options)
    var template: [UInt8] = []
    pair.network.filter = { bytes, _ in
      if template.isEmpty { template = Array(bytes) }
      return true
    }
    _ = try pair.dial()
    pair.network.run(seconds: 0.01) { !template.isEmpty }
    pair.network.filter = { _, _ in false }
    var random = SeededGenerator(3)
    // Between two calls of poll, each with an id of its own and contents that do not open.
    for _ in 0..<400 {
      var packet = template
      packet.replaceSubrange(6..<14, with: random.bytes(8))
      packet.replaceSubrange(200..<232, with: random.bytes(32))
      deliver(packet, to: pair)
    }
    #expect(pair.server.figures.retries > 0)
    #expect(pair.server.figures.refusals == 0)
    let (_, peer, _) = try pair.connected()
    #expect(peer.confirmations == 1)
  }

  private func deliver(_ packet: [UInt8], to pair: EndpointPair) {
    packet.withUnsafeBufferPointer { bytes in
      let arrival = cquic_arrival(
        local: pair.serverAddress.raw, remote: NetworkAddress(v4: (203, 0, 113, 5), port: 7).raw,
        bytes: bytes.baseAddress, length: UInt32(bytes.count), segment: UInt16(bytes.count), ecn: 0, reserved: 0)
      pair.server.receive(arrival, now: pair.network.now)
    }
  }

  @Test func `Whoever opens and closes connections in a row takes nobody's place`() throws {
    var options = EndpointOptions()
    options.connectionLimit = 2
    var slow = EndpointOptions()
    slow.parameters = TransportParameters()
    slow.parameters?.acknowledgementDelay = 16_383
    let pair = try EndpointPair(server: options, client: slow)
    for _ in 0..<6 {
      let (connection, peer, _) = try pair.connected()
      connection.fail(error: 0)
      #expect(pair.network.run(seconds: 0.5) { peer.reason != nil })
      pair.network.run(seconds: 0.05) { false }
    }
    #expect(pair.server.figures.refusals == 0)
    #expect(pair.server.connections > 2)
    // The probe timeout of such a client is sixteen seconds.
    #expect(pair.network.run(seconds: 3.5) { pair.server.connections == 0 })
  }

  @Test func cutAndChangedPacketsOfAConnectionDoNoHarm() throws {
    let pair = try EndpointPair()
    let (connection, peer, server) = try pair.connected()
    var random = SeededGenerator(11)
    var captured: [[UInt8]] = []
    pair.network.filter = { [server = pair.serverAddress] bytes, to in
      if to == server, captured.count < 50 { captured.append(Array(bytes)) }
      return false
    }
    let stream = try #require(connection.openStream())
    let data = [UInt8](repeating: 9, count: 100_000)
    peer.send(data, on: stream, of: connection)
    #expect(pair.network.run { captured.count == 50 })
    for _ in 0..<3000 {
      var packet = try #require(captured.randomElement(using: &random))
      switch random.next() % 3 {
      case 0: packet.removeLast(Int(random.next() % UInt64(packet.count)))
      case 1: packet[Int(random.next() % UInt64(packet.count))] ^= UInt8(1 << (random.next() % 8))
      default: packet.append(contentsOf: random.bytes(40))
      }
      pair.network.inject(packet, from: pair.clientAddress, to: pair.serverAddress)
    }
    #expect(pair.network.run { server.finished.contains(stream) })
    #expect(server.received[stream] == data)
    #expect(peer.reason == nil && server.reason == nil)
  }

  /// Where only links are dialled from, strangers find nothing: neither a reset nor anything else.
  @Test func aPortThatOnlyDialsAnswersNoStranger() throws {
    let pair = try EndpointPair()
    var random = SeededGenerator(9)
    let stranger = NetworkAddress(v4: (203, 0, 113, 5), port: 7)
    _ = try pair.connected()
    let before = pair.network.carriedBytes[stranger, default: 0]
    for round in 0..<300 {
      var packet = random.bytes(1200 - round)
      packet[0] = round % 3 == 0 ? 0xC3 : packet[0] & 0x7F
      if round % 6 == 0 { packet.replaceSubrange(1..<6, with: [0, 0, 0, 1, 8]) }
      pair.network.inject(packet, from: stranger, to: pair.clientAddress)
    }
    pair.network.run(seconds: 1) { false }
    #expect(pair.client.figures.strays == 300 && pair.client.figures.resets == 0)
    #expect(pair.network.carriedBytes[stranger, default: 0] == before)
    // One that listens answers, as every server does.
    pair.network.inject([0x40] + random.bytes(1199), from: stranger, to: pair.serverAddress)
    #expect(pair.network.run(seconds: 1) { pair.server.figures.resets == 1 })
  }

  @Test func aServerThatIsFullSaysSo() throws {
    var options = EndpointOptions()
    options.connectionLimit = 2
    let pair = try EndpointPair(server: options)
    _ = try pair.connected()
    _ = try pair.connected()
    let (_, peer) = try pair.dial()
    #expect(pair.network.run { peer.reason != nil })
    #expect(peer.reason?.kind == .transport(code: 2))
    #expect(pair.server.figures.refusals == 1)
  }
}
