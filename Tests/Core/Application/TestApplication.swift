// SPDX-License-Identifier: Apache-2.0
import CApplication
import CMeshABI
import MeshApplication
import MeshControl
import MeshCrypto
import MeshEventLoop
import MeshNode
import MeshService
import MeshTransportManager
import MeshWire

/// An application in a test: writes commands into its port and reads events from the sink.
final class TestApplication: EventHandler {
  let node: Node
  let sink: TestSink
  let port: ApplicationPort
  /// Everything read so far, in order.
  var seen: [SeenEvent] = []
  private let service: NodeService
  private var lastID: UInt64 = 0

  init(_ node: Node, sinkLimit: Int = 1 << 20) {
    self.node = node
    sink = TestSink(limit: sinkLimit)
    let server = ControlServer()
    service = NodeService(node: node, version: "test", configurationPath: nil)
    service.register(on: server)
    port = ApplicationPort(node: node, sink: sink, name: "test", control: server, access: .admin)
    super.init()
    node.loop.addHook(self)
  }

  override func turnEnded() { port.turnEnded() }

  /// The number that records have for another node.
  func peer(_ other: Node) -> UInt64 { node.core.peers[other.identity.id]?.handle.rawValue ?? 0 }

  func command(
    _ kind: UInt32, flags: UInt32 = 0, id: UInt64 = 0, token: UInt64 = 0, peer: UInt64 = 0, lifetime: UInt64 = 0,
    value: UInt64 = 0, class trafficClass: UInt8 = 0, protocol number: UInt32 = 0, key: [UInt8] = [],
    meta: [UInt8] = [], data: [UInt8] = []
  ) -> [UInt8] {
    var header = application_command()
    header.kind = kind
    header.flags = flags | (key.isEmpty ? 0 : APP_FLAG_KEY)
    header.id = id
    header.token = token
    header.peer = peer
    header.lifetime_ms = lifetime
    header.value = value
    header.len = UInt32(data.count)
    header.meta_len = UInt16(meta.count)
    header.tclass = trafficClass
    header.protocol = number
    var bytes = withUnsafeBytes(of: header) { Array($0) } + key + meta + data
    while bytes.count % 8 != 0 { bytes.append(0) }
    return bytes
  }

  /// Submits whole commands.
  func submit(_ bytes: [UInt8]) throws {
    let count = try bytes.withUnsafeBytes { (bytes) throws(ApplicationFault) in try port.submit(bytes) }
    precondition(count == bytes.count, "commands were left")
  }

  /// Declares protocol 0 and flow 0 of it to a peer.
  func open(_ name: String, to other: Node, flags: UInt32 = 0) throws {
    try submit(
      command(APP_PROTOCOL, data: Array(name.utf8)) + command(APP_FLOW, flags: flags, id: 0, peer: peer(other)))
  }

  /// Declares and serves protocol 0.
  func serve(
    _ name: String, flags: UInt32 = MESH_SERVE_MESSAGES | MESH_SERVE_STREAMS | MESH_SERVE_REQUESTS, window: UInt64 = 0
  ) throws {
    try submit(
      command(APP_PROTOCOL, data: Array(name.utf8)) + command(APP_SERVE, flags: flags, token: 7, value: window))
  }

  @discardableResult
  func send(_ data: [UInt8], flags: UInt32 = 0, lifetime: UInt64 = 0, key: [UInt8] = []) throws -> UInt64 {
    lastID += 1
    try submit(
      command(APP_SEND, flags: flags, id: lastID, token: lastID + 1000, lifetime: lifetime, key: key, data: data))
    return lastID
  }

  func cancel(_ id: UInt64) throws { try submit(command(APP_CANCEL, id: id)) }

  func release(_ event: SeenEvent) throws { try submit(command(APP_RELEASE, id: event.header.id)) }

  /// Reads up to so many events and says that there is room.
  @discardableResult
  func read(_ count: Int = .max) -> [SeenEvent] {
    let taken = sink.take(count)
    seen += taken
    if !taken.isEmpty { port.resume() }
    return taken
  }

  func seen(_ kind: UInt32) -> [SeenEvent] { seen.filter { $0.kind == kind } }

  func close() {
    port.close()
    node.loop.removeHook(self)
  }
}
