// SPDX-License-Identifier: Apache-2.0
import CMeshABI
import Testing
import WebSocketCore
import WebSocketDriver
import WebSocketMiniHost

/// A dialling instance against servers and proxies that say what they like.
@Suite struct DialTests {
  /// What a client hears from a listener that answers the first bytes with `answer`.
  private func failure(answer: String) throws -> MiniHost.Event {
    let client = MiniHost(webSocketPluginEntry)
    let (listener, port) = RawSocket.listener()
    #expect(client.connect("ws://127.0.0.1:\(port)/mesh") == MESH_OK)
    var server: RawSocket?
    var hasAnswered = false
    try #require(
      MiniHost.run([client]) {
        server = server ?? listener.accepted()
        server?.receive()
        if !hasAnswered, let server, !server.received.isEmpty {
          server.send(answer)
          hasAnswered = true
        }
        return !client.events(MESH_EVENT_FAILED).isEmpty
      })
    return client.events(MESH_EVENT_FAILED)[0]
  }

  @Test(arguments: [
    ("HTTP/1.1 404 Not Found\r\n\r\n", MESH_E_REFUSED, MESH_CLASS_CONFIG),
    ("HTTP/1.1 503 Busy\r\n\r\n", MESH_E_REFUSED, MESH_CLASS_TRANSIENT),
    ("HTTP/1.1 403 Forbidden\r\n\r\n", MESH_E_REFUSED, MESH_CLASS_AUTH),
    ("SSH-2.0-server\r\n\r\n", MESH_E_PROTOCOL, MESH_CLASS_PEER),
    ("HTTP/1.1 101 Switching\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n", MESH_E_PROTOCOL, MESH_CLASS_PEER),
  ])
  func `a server's refusal is told with its class`(answer: String, code: Int32, category: UInt32) throws {
    let event = try failure(answer: answer)
    #expect(event.code == code && event.category == category, "\(event.text)")
  }

  @Test func `nobody listening, a deadline and a wish to stop each have their code`() throws {
    let client = MiniHost(webSocketPluginEntry)
    let (silent, silentPort) = RawSocket.listener()
    let (closed, closedPort) = RawSocket.listener(listens: false)
    #expect(client.connect("ws://127.0.0.1:\(closedPort)/", id: 1) == MESH_OK)
    #expect(client.connect("ws://127.0.0.1:\(silentPort)/", id: 2, within: 30_000_000) == MESH_OK)
    #expect(client.connect("ws://127.0.0.1:\(silentPort)/", id: 3) == MESH_OK)
    #expect(client.disconnect(3) == MESH_OK)
    #expect(client.disconnect(4) == MESH_E_STALE)
    #expect(MiniHost.run([client]) { client.events(MESH_EVENT_FAILED).count == 3 })
    let codes = Dictionary(uniqueKeysWithValues: client.events(MESH_EVENT_FAILED).map { ($0.link, $0.code) })
    #expect(codes == [1: MESH_E_REFUSED, 2: MESH_E_TIMEOUT, 3: MESH_E_CANCELLED])
    #expect(silent.descriptor >= 0 && closed.descriptor >= 0)
  }

  @Test(arguments: ["http", "ws://127.0.0.1:0/", "ftp://h", "wss://h#pin=sha256:00", "ws://h:99999"])
  func `an address that cannot be dialled is refused at once`(address: String) {
    let client = MiniHost(webSocketPluginEntry)
    #expect(client.connect(address) == MESH_E_ADDRESS)
    #expect(client.events(MESH_EVENT_FAILED).isEmpty)
  }

  @Test func `a name is resolved and its addresses tried in turn`() throws {
    // The server listens on IPv4 only, so that an IPv6 address of the name, if there is one, fails first.
    let server = MiniHost(webSocketPluginEntry)
    #expect(server.listen("ws://127.0.0.1:0/mesh") == MESH_OK)
    let bound = try #require(server.events(MESH_EVENT_LISTENING).first?.text)
    let port = try #require(WebSocketAddress(bound)?.port)
    let client = MiniHost(webSocketPluginEntry)
    #expect(client.connect("ws://localhost:\(port)/mesh") == MESH_OK)
    #expect(MiniHost.run([server, client]) { !client.events(MESH_EVENT_UP).isEmpty })
  }

  /// Through a proxy that reads `requests` in turn, answers each with its `answers`, and then passes bytes on.
  @Test(arguments: [
    ("http://me:pw", [("CONNECT 127.0.0.1", "HTTP/1.1 200 OK\r\n\r\n")]),
    (
      "socks5://me:pw",
      [("\u{5}\u{2}", "\u{5}\u{2}"), ("\u{1}\u{2}me", "\u{1}\0"), ("\u{5}\u{1}\0\u{3}", "\u{5}\0\0\u{1}\0\0\0\0\0\0")]
    ),
    ("socks5://", [("\u{5}\u{1}\0", "\u{5}\0"), ("\u{5}\u{1}\0\u{3}", "\u{5}\0\0\u{1}\0\0\0\0\0\0")]),
  ])
  func `a link comes up through a proxy`(proxy: String, dialogue: [(String, String)]) throws {
    let (listener, port) = RawSocket.listener()
    let authority = proxy.hasSuffix("/") ? "\(proxy)127.0.0.1:\(port)" : "\(proxy)@127.0.0.1:\(port)"
    let client = MiniHost(webSocketPluginEntry, options: [("proxy", authority)])
    let server = MiniHost(webSocketPluginEntry)
    #expect(server.listen("ws://127.0.0.1:0/mesh") == MESH_OK)
    let address = try #require(server.events(MESH_EVENT_LISTENING).first?.text)
    let target = RawSocket(port: try #require(WebSocketAddress(address)?.port))
    #expect(client.connect(address) == MESH_OK)
    var near: RawSocket?
    var rest = dialogue[...]
    let isUp = MiniHost.run([client, server]) {
      near = near ?? listener.accepted()
      near?.receive()
      target.receive()
      if let near, !near.received.isEmpty {
        if let (request, answer) = rest.popFirst() {
          #expect(near.text.hasPrefix(request))
          _ = near.takeReceived()
          near.send(answer)
        } else {
          target.send(near.takeReceived())
        }
      }
      if rest.isEmpty { near?.send(target.takeReceived()) }
      return !client.events(MESH_EVENT_UP).isEmpty && !server.events(MESH_EVENT_UP).isEmpty
    }
    #expect(isUp, "\(client.events)")
  }

  @Test func `wrong values are refused when the instance is made`() {
    #expect(MiniHost(webSocketPluginEntry, options: [("proxy", "ftp://h")]).status == MESH_E_CONFIG)
    #expect(MiniHost(webSocketPluginEntry, options: [("pin", "sha256:00")]).status == MESH_E_CONFIG)
    #expect(MiniHost(webSocketPluginEntry, options: [("certificate", "c.pem")]).status == MESH_E_CONFIG)
    #expect(MiniHost(webSocketPluginEntry, options: [("unknown", "x")]).status == MESH_E_CONFIG)
    #expect(MiniHost(webSocketPluginEntry, numbers: [("mtu", 65_535)]).status == MESH_E_CONFIG)
  }
}
