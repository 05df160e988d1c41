// SPDX-License-Identifier: Apache-2.0
import CQUIC
import Glibc
import HTXQUIC
import TestSupport
import Testing

/// Two servers with one UDP address between them, as while a load of the plugin is being replaced.
@Suite struct SharedPortTests {
  /// A server on a socket.
  private final class Server {
    let socket: UDPSocket
    let endpoint: Endpoint
    private let made = Made()

    init(_ address: NetworkAddress, _ credentials: Credentials, joins: Bool) throws {
      var options = EndpointOptions()
      socket = try UDPSocket(bound: address, tag: ConnectionTag(), joins: joins)
      options.tag = socket.tag
      let made = made
      endpoint = try #require(
        Endpoint(credentials, options, sink: socket) { _ in
          let peer = StreamPeer()
          made.peers.append(peer)
          return peer
        })
    }

    private final class Made { var peers: [StreamPeer] = [] }
    var accepted: [StreamPeer] { made.peers }
  }

  /// A client whose connections all leave from one port, as those of a node do.
  private struct Client {
    let socket: UDPSocket
    let endpoint: Endpoint
    let identity: PeerIdentity

    func dial(_ address: NetworkAddress) throws -> (connection: Connection, peer: StreamPeer) {
      let peer = StreamPeer()
      let made = endpoint.connect(to: address, from: socket.address, identity, peer, now: SharedPortTests.now())
      return (try #require(made), peer)
    }
  }

  private static func now() -> UInt64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
  }

  /// Runs sockets and endpoints until `done`, 20 seconds at most.
  private func run(_ ends: [(UDPSocket, Endpoint)], until done: () -> Bool) -> Bool {
    let end = Self.now() + 20_000_000_000
    while !done(), Self.now() < end {
      for (socket, endpoint) in ends {
        _ = socket.receive(into: endpoint, now: Self.now())
        if socket.isFull { endpoint.writable() }
        endpoint.poll(now: Self.now())
      }
    }
    return done()
  }

  @Test(arguments: [false, true]) func theSecondGetsNewConnectionsAndTheFirstKeepsItsOwn(isV6: Bool) throws {
    let loopback =
      isV6
      ? try #require(NetworkAddress(v6: Array(repeating: 0, count: 15) + [1], port: 0))
      : NetworkAddress(v4: (127, 0, 0, 1), port: 0)
    if isV6, (try? UDPSocket(bound: loopback)) == nil { return }
    let credentials = try Credentials(.selfMade(name: "server"), protocols: ["h3"])
    let pin = try #require(credentials.pin)
    var old: Server? = try Server(loopback, credentials, joins: false)
    let address = try #require(old?.socket.address)
    let socket = try UDPSocket(bound: loopback)
    let plain = try Credentials(.authorities(nil), protocols: ["h3"])
    let client = Client(
      socket: socket, endpoint: try #require(Endpoint(plain, EndpointOptions(), sink: socket)),
      identity: PeerIdentity(name: nil, pins: [pin]))
    let clientEnd = (client.socket, client.endpoint)

    let early = try (0..<24).map { _ in try client.dial(address) }
    try #require(
      run([(try #require(old).socket, try #require(old).endpoint), clientEnd]) {
        early.allSatisfy { $0.peer.confirmations == 1 }
      })

    // Nobody joins who does not say so, and no third one.
    #expect(throws: UDPSocket.Failure.self) { try UDPSocket(bound: address, tag: ConnectionTag(), joins: false) }
    let new = try Server(address, credentials, joins: true)
    #expect(throws: UDPSocket.Failure.self) { try UDPSocket(bound: address, tag: ConnectionTag(), joins: true) }

    // Ids are random where nobody has to tell them.
    #expect(old?.socket.tag == nil && new.socket.tag != nil)

    let late = try (0..<24).map { _ in try client.dial(address) }
    var both = [(try #require(old).socket, try #require(old).endpoint), (new.socket, new.endpoint), clientEnd]
    try #require(run(both) { late.allSatisfy { $0.peer.confirmations == 1 } })
    #expect(old?.accepted.count == 24)
    #expect(new.accepted.count == 24)

    var random = SeededGenerator(7)
    let data = random.bytes(20_000)
    for (connection, peer) in early + late {
      peer.send(data, on: try #require(connection.openStream()), of: connection)
    }
    let everyone = try #require(old).accepted + new.accepted
    try #require(run(both) { everyone.allSatisfy { !$0.finished.isEmpty } })
    #expect(everyone.allSatisfy { $0.received[0] == data })
    #expect(old?.endpoint.figures.strays == 0)
    #expect(new.endpoint.figures.strays == 0)

    // Without the first one everything is the second's, and a third may join it.
    both.removeAll()
    old = nil
    let last = try client.dial(address)
    try #require(run([(new.socket, new.endpoint), clientEnd]) { last.peer.confirmations == 1 })
    for (connection, peer) in late { peer.send(data, on: try #require(connection.openStream()), of: connection) }
    try #require(
      run([(new.socket, new.endpoint), clientEnd]) {
        new.accepted.prefix(24).allSatisfy { $0.finished.count == 2 }
      })
    let third = try Server(address, credentials, joins: true)
    let newest = try client.dial(address)
    try #require(
      run([(new.socket, new.endpoint), (third.socket, third.endpoint), clientEnd]) { newest.peer.confirmations == 1 })
    #expect(third.accepted.count == 1)
    #expect(new.accepted.count == 25)
  }

  /// Each bit of an id's check depends on each bit of the rest, and on two ids alike there is nothing to compute with.
  @Test func aTagCannotBeToldFromRandomBits() {
    var random = SeededGenerator(5)
    var tag = cquic_tag()
    #expect(cquic_tag_make(&tag) == 0)
    let rounds = 400
    for bit in 0..<44 {
      var changes = [Int](repeating: 0, count: 20)
      for _ in 0..<rounds {
        var id = random.bytes(8)
        cquic_tag_mark(&tag, &id)
        #expect(cquic_tag_is_in(&tag, id) == 1)
        var other = id
        other[bit / 8] ^= 0x80 >> UInt8(bit % 8)
        cquic_tag_mark(&tag, &other)
        let changed = zip(id, other).suffix(3).reduce(0) { $0 << 8 | UInt32($1.0 ^ $1.1) } & 0xF_FFFF
        for index in 0..<20 { changes[index] += Int(changed >> UInt32(index) & 1) }
      }
      // Half of them, within six standard deviations.
      #expect(changes.allSatisfy { abs($0 - rounds / 2) < 60 }, "bit \(bit): \(changes)")
    }
  }
}
