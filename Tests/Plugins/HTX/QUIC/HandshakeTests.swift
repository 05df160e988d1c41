// SPDX-License-Identifier: Apache-2.0
import CQUIC
import HTXQUIC
import HTXTestNetwork
import TestSupport
import Testing

@Suite struct HandshakeTests {
  @Test(arguments: [UInt64(200_000), 5_000_000, 100_000_000])
  func aHandshakeIsConfirmedOnBothSidesWithinTwoRoundTrips(delay: UInt64) throws {
    let pair = try EndpointPair()
    pair.network.delay = delay
    let start = pair.network.now
    let (connection, _, server) = try pair.connected()
    #expect(pair.network.now - start <= 4 * delay + 1_000_000)
    #expect(connection.applicationProtocol == "h3")
    #expect(server.connection?.applicationProtocol == "h3")
    #expect(pair.server.handshakes == 0)
  }

  @Test func `AES-128-GCM is agreed upon`() throws {
    let pair = try EndpointPair()
    let (connection, _, server) = try pair.connected()
    #expect(connection.statistics.cipher == 0x1301)
    #expect(server.connection?.statistics.cipher == 0x1301)
  }

  @Test func aServerAnswersAHelloBeforeItReadsTheNextPacket() throws {
    let pair = try EndpointPair()
    var hello: [UInt8] = []
    pair.network.filter = { bytes, _ in
      if hello.isEmpty { hello = Array(bytes) }
      return true
    }
    _ = try pair.dial()
    #expect(pair.network.run { !hello.isEmpty })
    let sent = pair.server.figures.packetsSent
    hello.withUnsafeBufferPointer { bytes in
      let arrival = cquic_arrival(
        local: pair.serverAddress.raw, remote: pair.clientAddress.raw, bytes: bytes.baseAddress,
        length: UInt32(bytes.count), segment: UInt16(bytes.count), ecn: 0, reserved: 0)
      pair.server.receive(arrival, now: pair.network.now)
    }
    #expect(pair.server.figures.packetsSent > sent)
  }

  @Test func bothSidesExportTheSameBytesAndOtherConnectionsOthers() throws {
    let pair = try EndpointPair()
    let (one, _, server) = try pair.connected()
    let (other, _, _) = try pair.connected()
    let bytes = one.export(label: "EXPORTER-test", count: 32)
    #expect(bytes.count == 32)
    #expect(bytes == server.connection?.export(label: "EXPORTER-test", count: 32))
    #expect(bytes != one.export(label: "EXPORTER-other", count: 32))
    #expect(bytes != other.export(label: "EXPORTER-test", count: 32))
  }

  @Test func aClientRefusesAServerWithAnotherKeyThanThePinnedOne() throws {
    let pair = try EndpointPair()
    let wrong = try #require(KeyPin([UInt8](repeating: 9, count: 32)))
    let (_, peer) = try pair.dial(PeerIdentity(name: nil, pins: [wrong]))
    #expect(pair.network.run { peer.reason != nil && pair.accepted.peers.first?.reason != nil })
    #expect(peer.confirmations == 0)
    #expect(peer.reason?.kind == .alert(42))
    #expect(peer.reason?.distrust == .pin)
    let server = try #require(pair.accepted.peers.first)
    #expect(server.reason?.kind == .alert(42))
    #expect(server.reason?.isByPeer == true)
    #expect(server.confirmations == 0)
  }

  @Test func aServerRefusesAClientWithAnotherKeyThanThePinnedOne() throws {
    let wrong = try #require(KeyPin([UInt8](repeating: 9, count: 32)))
    let pair = try EndpointPair(clients: PeerIdentity(name: nil, pins: [wrong]))
    let (_, peer) = try pair.dial()
    #expect(pair.network.run { peer.reason != nil })
    #expect(peer.confirmations == 0)
    #expect(peer.reason?.kind == .alert(42))
    #expect(peer.reason?.isByPeer == true)
    #expect(pair.accepted.peers.first?.reason?.distrust == .pin)
    #expect(pair.accepted.peers.first?.confirmations == 0)
  }

  @Test func aClientWithThePinnedKeyIsTaken() throws {
    let credentials = try Credentials(.selfMade(name: "client"), protocols: ["h3"])
    let pin = try #require(credentials.pin)
    let other = try #require(KeyPin([UInt8](repeating: 1, count: 32)))
    let pair = try EndpointPair(clients: PeerIdentity(name: nil, pins: [other, pin]))
    let sink = VirtualSink(pair.network)
    let client = try #require(Endpoint(credentials, EndpointOptions(), sink: sink))
    let address = NetworkAddress(v4: (192, 0, 2, 77), port: 1)
    pair.network.attach(client, at: address)
    let peer = StreamPeer()
    let pins = [try #require(pair.serverCredentials.pin)]
    _ = client.connect(
      to: pair.serverAddress, from: address, PeerIdentity(name: nil, pins: pins), peer, now: pair.network.now)
    #expect(pair.network.run { peer.confirmations == 1 && pair.accepted.peers.first?.confirmations == 1 })
  }

  @Test func aServerThatPinsItsClientsRefusesOneWithoutACertificate() throws {
    let pin = try #require(KeyPin([UInt8](repeating: 9, count: 32)))
    let pair = try EndpointPair(clients: PeerIdentity(name: nil, pins: [pin]), clientSource: .authorities(nil))
    let (_, peer) = try pair.dial()
    #expect(pair.network.run { peer.reason != nil })
    #expect(peer.reason?.kind == .alert(116))
    #expect(peer.confirmations == 0)
  }

  @Test func withoutAPinAServerNeedsAnAuthority() throws {
    let pair = try EndpointPair()
    let (_, peer) = try pair.dial(PeerIdentity(name: "server.example", pins: []))
    #expect(pair.network.run { peer.reason != nil })
    #expect(peer.reason?.distrust == .authority)
  }

  @Test func endsWithoutAProtocolInCommonDoNotConnect() throws {
    let pair = try EndpointPair()
    let credentials = try Credentials(.authorities(nil), protocols: ["other"])
    let client = try #require(Endpoint(credentials, EndpointOptions(), sink: VirtualSink(pair.network)))
    let address = NetworkAddress(v4: (192, 0, 2, 77), port: 1)
    pair.network.attach(client, at: address)
    let peer = StreamPeer()
    let pins = [try #require(pair.serverCredentials.pin)]
    _ = client.connect(
      to: pair.serverAddress, from: address, PeerIdentity(name: nil, pins: pins), peer, now: pair.network.now)
    #expect(pair.network.run { peer.reason != nil })
    #expect(peer.reason?.kind == .alert(120))
  }

  @Test func anUnansweredHandshakeIsGivenUpAndAnIdleConnectionForgotten() throws {
    var options = EndpointOptions()
    options.handshakeTimeout = 2_000_000_000
    options.idleTimeout = 5_000_000_000
    let pair = try EndpointPair(server: options, client: options)
    pair.network.filter = { _, _ in true }
    let (_, lost) = try pair.dial()
    #expect(pair.network.run { lost.reason != nil })
    #expect(lost.reason?.kind == .handshakeTimeout)
    pair.network.filter = { _, _ in false }
    let (_, peer, _) = try pair.connected()
    #expect(pair.network.run { peer.reason != nil && pair.server.connections == 0 })
    #expect(peer.reason?.kind == .idle)
    #expect(pair.client.connections == 0)
  }
}
