// SPDX-License-Identifier: Apache-2.0
import CQUIC
import Glibc
import HTXQUIC
import TestSupport
import Testing

@Suite struct SocketTests {
  private func now() -> UInt64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
  }

  /// Runs two endpoints over two sockets until `done`, 20 seconds at most.
  private func run(_ ends: [(UDPSocket, Endpoint)], until done: () -> Bool) -> Bool {
    let end = now() + 20_000_000_000
    while !done(), now() < end {
      for (socket, endpoint) in ends {
        _ = socket.receive(into: endpoint, now: now())
        if socket.isFull { endpoint.writable() }
        endpoint.poll(now: now())
      }
    }
    return done()
  }

  @Test(arguments: [true, false], [false, true])
  func aStreamGoesOverRealSocketsWithAndWithoutTrains(batches: Bool, isV6: Bool) throws {
    let loopback =
      isV6
      ? try #require(NetworkAddress(v6: Array(repeating: 0, count: 15) + [1], port: 0))
      : NetworkAddress(v4: (127, 0, 0, 1), port: 0)
    guard let serverSocket = try? UDPSocket(bound: loopback, batches: batches),
      let clientSocket = try? UDPSocket(bound: loopback, batches: batches)
    else {
      // A machine without IPv6 has nothing to show here; one without IPv4 is broken.
      #expect(isV6)
      return
    }
    let credentials = try Credentials(.selfMade(name: "server"), protocols: ["h3"])
    let peer = StreamPeer()
    let acceptedPeer = StreamPeer()
    let server = try #require(
      Endpoint(credentials, EndpointOptions(), sink: serverSocket) { _ in acceptedPeer })
    let plain = try Credentials(.authorities(nil), protocols: ["h3"])
    let client = try #require(Endpoint(plain, EndpointOptions(), sink: clientSocket))
    let pin = try #require(credentials.pin)
    let connection = try #require(
      client.connect(
        to: serverSocket.address, from: clientSocket.address,
        PeerIdentity(name: nil, pins: [pin]), peer, now: now()))
    let ends = [(serverSocket, server), (clientSocket, client)]
    #expect(run(ends) { peer.confirmations == 1 && acceptedPeer.confirmations == 1 })
    var random = SeededGenerator(4)
    let data = random.bytes(1_000_000)
    let stream = try #require(connection.openStream())
    peer.send(data, on: stream, of: connection)
    #expect(run(ends) { acceptedPeer.finished.contains(stream) })
    #expect(acceptedPeer.received[stream] == data)
    if batches, clientSocket.cutsTrains {
      #expect(client.figures.trainsSent * 2 < client.figures.packetsSent)
    }
    if !batches { #expect(!clientSocket.cutsTrains && !clientSocket.joinsPackets) }
  }

  @Test func aClientMayDialFromASocketBoundToEveryAddress() throws {
    let serverSocket = try UDPSocket(bound: NetworkAddress(v4: (127, 0, 0, 1), port: 0))
    let clientSocket = try UDPSocket(bound: NetworkAddress(v4: (0, 0, 0, 0), port: 0))
    let credentials = try Credentials(.selfMade(name: "server"), protocols: ["h3"])
    let pin = try #require(credentials.pin)
    let plain = try Credentials(.authorities(nil), protocols: ["h3"])
    let peer = StreamPeer()
    let server = try #require(Endpoint(credentials, EndpointOptions(), sink: serverSocket) { _ in StreamPeer() })
    let client = try #require(Endpoint(plain, EndpointOptions(), sink: clientSocket))
    let connection = client.connect(
      to: serverSocket.address, from: clientSocket.address, PeerIdentity(name: nil, pins: [pin]), peer, now: now())
    #expect(connection != nil)
    #expect(run([(serverSocket, server), (clientSocket, client)]) { peer.confirmations == 1 })
  }

  @Test func `A turn takes few of many small packets`() throws {
    let server = try UDPSocket(bound: NetworkAddress(v4: (127, 0, 0, 1), port: 0))
    let client = try UDPSocket(bound: NetworkAddress(v4: (127, 0, 0, 1), port: 0))
    let credentials = try Credentials(.selfMade(name: "server"), protocols: ["h3"])
    let endpoint = try #require(Endpoint(credentials, EndpointOptions(), sink: server) { _ in StreamPeer() })
    var train = cquic_train()
    (train.local, train.remote) = (client.address.raw, server.address.raw)
    (train.length, train.segment) = (1, 1)
    for _ in 0..<2000 { _ = client.send(&train, [UInt8(0)]) }
    let more = server.receive(into: endpoint, bytes: 32_768, now: now())
    #expect(more)
    #expect(endpoint.figures.packetsReceived <= 128 && endpoint.figures.packetsReceived > 0)
  }

  @Test func `A train that the kernel does not take as one arrives packet by packet`() throws {
    let (client, train, receiver) = try trainToItself(packets: 60)
    try #require(client.cutsTrains)
    // More than an IP packet: EMSGSIZE.
    var whole = train
    #expect(client.send(&whole, [UInt8](repeating: 0, count: Int(train.length))) == Int(train.length))
    #expect(client.cutsTrains)
    let endpoint = try #require(
      Endpoint(try Credentials(.authorities(nil), protocols: ["h3"]), EndpointOptions(), sink: receiver))
    _ = receiver.receive(into: endpoint, now: now())
    #expect(endpoint.figures.packetsReceived == 60)
  }

  @Test func `A path where packets do not pass one by one either does not end trains`() throws {
    var (client, train, _) = try trainToItself(packets: 2)
    try #require(client.cutsTrains)
    let good = train
    // Port 0 is EINVAL, as is a device that takes no packet of that length with some kernels.
    train.remote = NetworkAddress(v4: (127, 0, 0, 1), port: 0).raw
    let bytes = [UInt8](repeating: 0, count: Int(train.length))
    #expect(client.send(&train, bytes) == bytes.count)
    #expect(client.lastFailure == EINVAL)
    #expect(client.cutsTrains)
    // More packets than the kernel cuts: EINVAL of the train alone.
    train = good
    (train.segment, train.length) = (1, 1000)
    #expect(client.send(&train, bytes) == 1000)
    #expect(!client.cutsTrains)
  }

  /// A train of packets of 1200 bytes from one socket to another.
  private func trainToItself(packets: Int) throws -> (UDPSocket, cquic_train, UDPSocket) {
    let receiver = try UDPSocket(bound: NetworkAddress(v4: (127, 0, 0, 1), port: 0))
    let client = try UDPSocket(bound: NetworkAddress(v4: (127, 0, 0, 1), port: 0))
    var train = cquic_train()
    (train.local, train.remote) = (client.address.raw, receiver.address.raw)
    (train.length, train.segment) = (UInt32(packets * 1200), 1200)
    return (client, train, receiver)
  }

  /// Addresses of a sender and a receiver; the second binds, which may be to every address.
  enum Families: CaseIterable {
    case v4, v6, v4ToEvery

    var addresses: (sender: NetworkAddress, receiver: NetworkAddress)? {
      let loopback = NetworkAddress(v6: Array(repeating: 0, count: 15) + [1], port: 0)
      let every = NetworkAddress(v6: Array(repeating: 0, count: 16), port: 0)
      let v4 = NetworkAddress(v4: (127, 0, 0, 1), port: 0)
      return switch self {
      case .v4: (v4, v4)
      case .v6: loopback.map { ($0, $0) }
      case .v4ToEvery: every.map { (v4, $0) }
      }
    }
  }

  @Test(arguments: Families.allCases, UInt8(0)...3)
  func aMarkOfCongestionGoesFromSocketToSocket(families: Families, mark: UInt8) throws {
    let addresses = try #require(families.addresses)
    guard let receiver = try? UDPSocket(bound: addresses.receiver) else {
      #expect(families != .v4, "only a machine without IPv6 has nothing to show")
      return
    }
    let sender = try UDPSocket(bound: addresses.sender)
    var train = cquic_train()
    train.local = sender.address.raw
    train.remote =
      families == .v4ToEvery
      ? NetworkAddress(v4: (127, 0, 0, 1), port: receiver.address.port).raw : receiver.address.raw
    (train.length, train.segment, train.ecn) = (2400, 1200, mark)
    try #require(sender.send(&train, [UInt8](repeating: 7, count: 2400)) == 2400)
    let memory = UnsafeMutablePointer<UInt8>.allocate(capacity: Int(CQUIC_UDP_BATCH) * Int(CQUIC_UDP_DATAGRAM))
    defer { memory.deallocate() }
    var arrivals = [cquic_arrival](repeating: cquic_arrival(), count: 2)
    var local = receiver.address.raw
    let end = now() + 20_000_000_000
    var (bytes, marks) = (0, Set<UInt8>())
    while bytes < 2400, now() < end {
      let count = Int(cquic_udp_receive(receiver.descriptor, &local, memory, &arrivals, 2))
      try #require(count >= 0)
      for arrival in arrivals.prefix(count) {
        bytes += Int(arrival.length)
        marks.insert(arrival.ecn)
      }
    }
    #expect(bytes == 2400 && marks == [mark])
  }

  @Test func aSocketBoundToEveryAddressAnswersFromTheOneThatWasAsked() throws {
    let any = try #require(NetworkAddress(v6: Array(repeating: 0, count: 16), port: 0))
    guard let serverSocket = try? UDPSocket(bound: any) else { return }
    let clientSocket = try UDPSocket(bound: NetworkAddress(v4: (127, 0, 0, 1), port: 0))
    let credentials = try Credentials(.selfMade(name: "server"), protocols: ["h3"])
    let (peer, acceptedPeer) = (StreamPeer(), StreamPeer())
    let server = try #require(Endpoint(credentials, EndpointOptions(), sink: serverSocket) { _ in acceptedPeer })
    // 127.0.0.9 is an address of this machine's loopback that no socket is bound to.
    let asked = NetworkAddress(v4: (127, 0, 0, 9), port: serverSocket.address.port)
    let pin = try #require(credentials.pin)
    let plain = try Credentials(.authorities(nil), protocols: ["h3"])
    let client = try #require(Endpoint(plain, EndpointOptions(), sink: clientSocket))
    let connection = try #require(
      client.connect(
        to: asked, from: clientSocket.address, PeerIdentity(name: nil, pins: [pin]), peer,
        now: now()))
    #expect(run([(serverSocket, server), (clientSocket, client)]) { peer.confirmations == 1 })
    #expect(connection.path?.remote == asked)
  }
}
