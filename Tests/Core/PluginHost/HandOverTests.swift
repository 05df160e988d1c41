// SPDX-License-Identifier: Apache-2.0
import CMeshABI
import Glibc
import MeshPluginHost
import Testing

/// What a replacement does to those who connect meanwhile, with the plugin that ships.
@Suite struct HandOverTests {
  /// A raw client of an abstract Unix socket; closed when the test lets go of it.
  final class Client {
    let descriptor: Int32

    init?(_ name: String) {
      descriptor = socket(AF_UNIX, Int32(SOCK_SEQPACKET.rawValue | SOCK_NONBLOCK.rawValue), 0)
      var address = sockaddr_un()
      address.sun_family = sa_family_t(AF_UNIX)
      let bytes = Array("\0\(name)".utf8)
      withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
      let size = socklen_t(MemoryLayout<sa_family_t>.size + bytes.count)
      let result = withUnsafePointer(to: &address) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(descriptor, $0, size) }
      }
      if result != 0 { return nil }
    }

    deinit { close(descriptor) }

    /// Neither closed nor reset by the other side.
    var isAlive: Bool {
      var byte: UInt8 = 0
      return recv(descriptor, &byte, 1, Int32(MSG_DONTWAIT)) < 0 && errno == EAGAIN
    }
  }

  @Test("Nobody who connects while a plugin is replaced is turned away")
  func nobodyIsTurnedAway() throws {
    let node = try TestNode()
    let plugin = try node.host.load(HostilePlugin.unixPlugin())
    let id = try node.host.createInstance(of: plugin, name: "unix")
    try node.host.start(id)
    node.settle()
    let name = "mesh-hand-over-\(getpid())"
    let listener = try node.host.listen(id, on: "unix:@\(name)")
    node.settle()
    var clients = (0..<20).compactMap { _ in Client(name) }
    let newer = try node.host.load(HostilePlugin.unixPlugin())
    try node.host.replace(id, with: newer, drain: 60_000_000_000)
    for _ in 0..<20 {
      if let client = Client(name) { clients.append(client) }
      node.settle(1)
    }
    node.settle(60)
    #expect(clients.count == 40)
    let alive = clients.filter { $0.isAlive }
    #expect(alive.count == 40)
    #expect(node.links.count == 40)
    #expect(node.events.filter { $0.hasPrefix("listening") }.count == 2)
    #expect(node.host.statuses.map(\.instances.count) == [0, 1])
    try node.host.unlisten(listener)
    // A process that another test is starting has every descriptor until its program runs.
    #expect(node.wait { Client(name) == nil })
  }
}
