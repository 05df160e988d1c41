// SPDX-License-Identifier: Apache-2.0
import CMeshABI
import Testing
import WebSocketDriver
import WebSocketMiniHost

/// Two instances of the real plugin, through its table, over loopback.
@Suite struct LinkTests {
  static func pair(
    numbers: [(String, Int64)] = []
  ) throws -> LinkPair {
    try LinkPair(
      server: MiniHost(webSocketPluginEntry, numbers: numbers),
      client: MiniHost(webSocketPluginEntry, numbers: numbers), scheme: "ws", fragment: "")
  }

  @Test func `frames that leave in many small parts arrive whole`() throws {
    let pair = try Self.pair(numbers: [("send_buffer", 2048)])
    let payloads = (0..<12).map { index in (0..<60_000 + index).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ index) } }
    pair.client.send(payloads, on: pair.clientLink)
    pair.server.send(payloads, on: pair.serverLink)
    #expect(pair.run { pair.server.packets.count == payloads.count && pair.client.packets.count == payloads.count })
    #expect(pair.server.carried(payloads))
    #expect(pair.client.carried(payloads))
    try pair.stop()
  }

  @Test func `a link comes up and carries packets of all sizes both ways`() throws {
    let pair = try Self.pair()
    let sizes = [0, 1, 125, 126, 1200, 2048, 2049, 16_383, 16_384, 40_000, 65_527, 65_528]
    let payloads = sizes.map { size in (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ size) } }
    pair.client.send(payloads, on: pair.clientLink)
    pair.server.send(payloads, on: pair.serverLink)
    #expect(pair.run { pair.server.packets.count == sizes.count && pair.client.packets.count == sizes.count })
    #expect(pair.server.carried(payloads))
    #expect(pair.client.carried(payloads))
    #expect(pair.client.statuses.allSatisfy { $0 == MESH_OK })
    #expect(pair.client.frames[1] == 256)
    #expect(pair.client.bytes[1] == 4 << 20)
    try pair.stop()
  }

  @Test func `a graceful end loses nothing and is reported as closed on both sides`() throws {
    let pair = try Self.pair()
    let payloads = (0..<60).map { [UInt8](repeating: UInt8($0), count: 65_000) }
    pair.client.send(payloads, on: pair.clientLink)
    #expect(pair.client.disconnect(pair.clientLink) == MESH_OK)
    #expect(pair.run { !pair.client.events(MESH_EVENT_DOWN).isEmpty && !pair.server.events(MESH_EVENT_DOWN).isEmpty })
    #expect(pair.server.carried(payloads))
    #expect(pair.client.events(MESH_EVENT_DOWN).map(\.code) == [MESH_E_CLOSED])
    #expect(pair.server.events(MESH_EVENT_DOWN).map(\.code) == [MESH_E_CLOSED])
    try pair.stop()
  }

  @Test func `wss with the right pin carries packets and both ends see the same channel binding`() throws {
    let server = MiniHost(webSocketPluginEntry)
    #expect(server.listen("wss://127.0.0.1:0/other", id: 9) == MESH_OK)
    let pin = try #require(server.lines.first?.split(separator: "#").last)
    let pair = try LinkPair(
      server: server, client: MiniHost(webSocketPluginEntry), scheme: "wss", fragment: "#\(pin)")
    let payloads = [1, 1200, 16_384, 65_528].map { size in (0..<size).map { UInt8(truncatingIfNeeded: $0) } }
    pair.client.send(payloads, on: pair.clientLink)
    pair.server.send(payloads, on: pair.serverLink)
    #expect(pair.run { pair.server.packets.count == payloads.count && pair.client.packets.count == payloads.count })
    #expect(pair.server.carried(payloads))
    #expect(pair.client.carried(payloads))
    let binding = pair.client.events(MESH_EVENT_UP)[0].data
    #expect(binding.count == 32)
    #expect(binding == pair.server.events(MESH_EVENT_UP)[0].data)
    try pair.stop()
  }

  @Test(arguments: [("#pin=sha256:" + String(repeating: "0", count: 64)), ""])
  func `wss without the right pin or an authority is refused as a matter of keys`(fragment: String) throws {
    let server = MiniHost(webSocketPluginEntry)
    let client = MiniHost(webSocketPluginEntry)
    #expect(server.listen("wss://127.0.0.1:0/mesh") == MESH_OK)
    let address = try #require(server.events(MESH_EVENT_LISTENING).first?.text)
    #expect(client.connect(address + fragment) == MESH_OK)
    #expect(MiniHost.run([server, client]) { !client.events(MESH_EVENT_FAILED).isEmpty })
    #expect(client.events(MESH_EVENT_FAILED).map(\.category) == [MESH_CLASS_AUTH])
    #expect(client.events(MESH_EVENT_UP).isEmpty)
  }
}
