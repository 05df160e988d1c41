// SPDX-License-Identifier: Apache-2.0
import CMeshABI
import Testing
import WebSocketCore
import WebSocketDriver
import WebSocketMiniHost

/// A listening instance against clients that say what they like.
@Suite struct ListenerTests {
  private static let upgrade = """
    GET /mesh HTTP/1.1\r
    Host: h\r
    Upgrade: websocket\r
    Connection: Upgrade\r
    Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r
    Sec-WebSocket-Protocol: mesh.v1\r
    Sec-WebSocket-Version: 13\r
    \r

    """

  private func listening(numbers: [(String, Int64)] = []) throws -> (MiniHost, UInt16) {
    let host = MiniHost(webSocketPluginEntry, numbers: numbers)
    #expect(host.listen("ws://127.0.0.1:0/mesh") == MESH_OK)
    let address = try #require(host.events(MESH_EVENT_LISTENING).first?.text)
    return (host, try #require(WebSocketAddress(address)?.port))
  }

  /// A client whose upgrade was accepted.
  private func upgraded(_ host: MiniHost, _ port: UInt16) throws -> RawSocket {
    let socket = RawSocket(port: port)
    socket.send(Self.upgrade)
    try #require(run(host, socket) { socket.text.hasSuffix("\r\n\r\n") })
    #expect(String(decoding: socket.takeReceived(), as: UTF8.self).hasPrefix("HTTP/1.1 101 "))
    return socket
  }

  private func run(_ host: MiniHost, _ socket: RawSocket, until condition: () -> Bool) -> Bool {
    MiniHost.run([host]) {
      socket.receive()
      return condition()
    }
  }

  @Test func `a request for another path is refused and the connection closed`() throws {
    let (host, port) = try listening()
    let socket = RawSocket(port: port)
    socket.send("GET /other HTTP/1.1\r\nHost: h\r\n\r\n")
    #expect(run(host, socket) { socket.isEnded })
    #expect(socket.text.hasPrefix("HTTP/1.1 404 "))
    #expect(host.events(MESH_EVENT_FAILED).map(\.code) == [MESH_E_REFUSED])
    #expect(host.figures()["upgrades_refused"] == 1)
  }

  @Test func `a client that takes its time is given up`() throws {
    let (host, port) = try listening(numbers: [("handshake_timeout", 50_000_000)])
    let socket = RawSocket(port: port)
    socket.send("GET /mesh HTTP/1.1\r\nHost")
    #expect(run(host, socket) { socket.isEnded })
    #expect(host.events(MESH_EVENT_FAILED).map(\.code) == [MESH_E_TIMEOUT])
  }

  @Test func `a head without end is refused at its limit`() throws {
    let (host, port) = try listening()
    let socket = RawSocket(port: port)
    socket.send("GET /mesh HTTP/1.1\r\nA: " + String(repeating: "x", count: 9000))
    #expect(run(host, socket) { socket.isEnded })
    #expect(socket.text.hasPrefix("HTTP/1.1 431 "))
  }

  @Test func `frames in the packet of the upgrade, fragments and pings are taken`() throws {
    let (host, port) = try listening()
    let socket = RawSocket(port: port)
    let key: [UInt8] = [1, 2, 3, 4]
    let frames = frame(2, [7, 8], final: false, key: key) + frame(9, [5], key: key) + frame(0, [9], key: key)
    socket.send(Array(Self.upgrade.utf8) + frames + [0x82])
    #expect(run(host, socket) { host.packets.count == 1 && socket.received.suffix(3) == [0x8A, 1, 5] })
    socket.send(Array(frame(2, [1, 2, 3], key: key).dropFirst()))
    #expect(run(host, socket) { host.packets.count == 2 })
    #expect(host.packets.map(\.bytes) == [[7, 8, 9], [1, 2, 3]])
  }

  @Test(
    arguments: [
      ([0x82, 0x01, 0x00], 1002), ([0x83, 0x80, 0, 0, 0, 0], 1002), (frame(1, [0x41], key: [0, 0, 0, 0]), 1003),
      ([0x82, 0xFF, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0], 1009), ([0x80, 0x80, 0, 0, 0, 0], 1002),
    ] as [([UInt8], UInt16)])
  func `a broken rule ends the link with its code`(bytes: [UInt8], code: UInt16) throws {
    let (host, port) = try listening()
    let socket = try upgraded(host, port)
    socket.send(bytes)
    #expect(run(host, socket) { socket.isEnded })
    #expect(socket.received == [0x88, 2, UInt8(code >> 8), UInt8(code & 0xFF)])
    #expect(host.events(MESH_EVENT_DOWN).map(\.code) == [MESH_E_PROTOCOL])
    #expect(host.events(MESH_EVENT_DOWN).map(\.category) == [MESH_CLASS_PEER])
  }

  @Test func `a connection that vanishes is reported as reset and its buffers go back`() throws {
    let (host, port) = try listening()
    do {
      let socket = try upgraded(host, port)
      socket.send(Array(frame(2, [UInt8](repeating: 1, count: 50_000), key: [1, 2, 3, 4]).prefix(30_000)))
      #expect(run(host, socket) { host.pool.outstanding > 0 })
    }
    #expect(MiniHost.run([host]) { !host.events(MESH_EVENT_DOWN).isEmpty })
    #expect(host.events(MESH_EVENT_DOWN).map(\.code) == [MESH_E_RESET])
    host.stop()
    #expect(host.pool.outstanding == 0)
  }

  @Test func `an empty pool delays packets and loses none`() throws {
    let (host, port) = try listening()
    let socket = try upgraded(host, port)
    host.pool.limit = 0
    let payloads = (0..<20).map { [UInt8](repeating: UInt8($0), count: 100 + $0) }
    socket.send(payloads.flatMap { frame(2, $0, key: [9, 8, 7, 6]) })
    for _ in 0..<5 { MiniHost.turn([host]) }
    #expect(host.packets.isEmpty)
    host.pool.limit = 1000
    #expect(run(host, socket) { host.packets.count == payloads.count })
    #expect(host.packets.map(\.bytes) == payloads)
  }

  @Test func `connections beyond the limit are closed at once, and a host may refuse any`() throws {
    let (host, port) = try listening(numbers: [("max_links", 1)])
    let first = try upgraded(host, port)
    let second = RawSocket(port: port)
    #expect(run(host, second) { second.isEnded })
    #expect(!first.isEnded)
    let (other, otherPort) = try listening()
    other.refusesIncoming = true
    let third = RawSocket(port: otherPort)
    #expect(run(other, third) { third.isEnded })
    #expect(other.events(MESH_EVENT_INCOMING).count == 1)
    #expect(other.figures()["links"] == 0)
  }

  @Test func `listening twice on one port fails with a reason`() throws {
    let (_, port) = try listening()
    let second = MiniHost(webSocketPluginEntry)
    #expect(second.listen("ws://127.0.0.1:\(port)/mesh", id: 5) == MESH_OK)
    let failure = try #require(second.events(MESH_EVENT_LISTEN_FAILED).first)
    #expect(failure.listener == 5 && failure.code == MESH_E_EXISTS && failure.category == MESH_CLASS_CONFIG)
    #expect(second.listen("ws://name.invalid/mesh") == MESH_E_ADDRESS)
    #expect(second.listen("http://127.0.0.1/") == MESH_E_ADDRESS)
  }

  @Test func `a dual-stack wildcard takes IPv4`() throws {
    let host = MiniHost(webSocketPluginEntry)
    #expect(host.listen("ws://[::]:0/mesh") == MESH_OK)
    let bound = try #require(host.events(MESH_EVENT_LISTENING).first?.text)
    #expect(bound.hasPrefix("ws://[::]:"))
    _ = try upgraded(host, try #require(WebSocketAddress(bound)?.port))
  }

  @Test func `a live option changes at once and another asks for a restart`() throws {
    let (host, port) = try listening()
    let request = Self.upgrade.split(separator: "Host").joined(separator: "Origin: https://good.example\r\nHost")
    let refused = RawSocket(port: port)
    refused.send(request)
    #expect(run(host, refused) { refused.text.hasPrefix("HTTP/1.1 403 ") })
    host.configure(options: [("origins", "https://good.example")])
    let accepted = RawSocket(port: port)
    accepted.send(request)
    #expect(run(host, accepted) { accepted.text.hasPrefix("HTTP/1.1 101 ") })
    host.configure(numbers: [("max_links", 5), ("mtu", 1000)])
    host.configure(numbers: [("max_links", 0)])
    #expect(host.events(MESH_EVENT_CONFIGURED).map(\.code) == [MESH_OK, MESH_E_RESTART, MESH_E_CONFIG])
    #expect(host.events(MESH_EVENT_CONFIGURED).map(\.token) == [0, 1, 0])
  }

  @Test func `a stopped instance takes no new work`() throws {
    let (host, port) = try listening()
    host.stop()
    #expect(host.events(MESH_EVENT_STOPPED).count == 1)
    #expect(host.connect("ws://127.0.0.1:\(port)/mesh") == MESH_E_STATE)
    #expect(host.listen("ws://127.0.0.1:0/mesh", id: 2) == MESH_E_STATE)
  }

  @Test func `pongs go between frames, never into one that is half sent`() throws {
    let (host, port) = try listening(numbers: [("send_buffer", 4608)])
    let socket = try upgraded(host, port)
    let link = try #require(host.events(MESH_EVENT_UP).first?.link)
    let payloads = (0..<40).map { [UInt8](repeating: UInt8($0), count: 65_000) }
    host.send(payloads, on: link)
    let blocked = host.figures()["frames_out", default: 0]
    #expect(blocked < 40)
    socket.send(frame(9, [1], key: [1, 2, 3, 4]) + frame(9, [2], key: [1, 2, 3, 4]))
    for _ in 0..<3 { MiniHost.turn([host]) }
    let client = Endpoint(.client)
    #expect(
      run(host, socket) {
        client.receive(socket.takeReceived())
        return client.events.count == 42
      })
    #expect(client.events.filter { if case .pong = $0 { true } else { false } } == [.pong([1]), .pong([2])])
    let messages = client.events.compactMap { event -> [UInt8]? in
      if case .message(.binary, let bytes) = event { bytes } else { nil }
    }
    let isWhole = messages == payloads
    #expect(isWhole)
  }
}
