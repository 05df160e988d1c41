// SPDX-License-Identifier: Apache-2.0
import Glibc
import MeshConfig
import MeshCrypto
import MeshEventLoop
import MeshNode
import MeshObserve
import MeshPluginHost
import MeshSession
import MeshTransportManager
import MeshWire
import Testing

@Suite struct LifeTests {
  @Test func `A listener that cannot be opened is a status, and is tried again`() throws {
    let town = try Town()
    let missing = "\(town.folder)/later"
    let node = try town.start(
      town.configuration("a", transports: ["first: { plugin: unix, listen: [\"unix://\(missing)/link.sock\"] }"]))
    try town.wait("the problem shows") { node.transports[0].listeners.first?.problem != nil }
    #expect(node.transports[0].isRunning)
    #expect(mkdir(missing, 0o700) == 0)
    town.loop.advanceClock(by: 2_000_000_000)
    try town.wait("it listens") { node.transports[0].listeners[0].bound != nil }
    #expect(node.transports[0].listeners[0].problem == nil)
  }

  @Test func `Two nodes do not share a state folder, and one that has stopped leaves it to the next`() throws {
    let town = try Town()
    let first = try town.start("a")
    let error = #expect(throws: NodeStartError.self) { try town.start("a") }
    #expect(error?.description.contains("\(town.folder)/a") == true)
    try town.stop(first)
    let next = try town.start("a")
    #expect(next.identity.id == first.identity.id)
  }

  @Test func `The lock of a state folder is a file for its owner alone, whatever it was before`() throws {
    let town = try Town()
    let first = try town.start("a")
    let lock = "\(town.folder)/a/lock"
    var status = stat()
    #expect(lstat(lock, &status) == 0)
    #expect(status.st_mode & 0o7777 == 0o600)
    try town.stop(first)
    #expect(chmod(lock, 0o666) == 0)
    // Whoever may only read the folder cannot keep the node from starting.
    let folder = open("\(town.folder)/a", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    #expect(flock(folder, LOCK_EX | LOCK_NB) == 0)
    let second = try town.start("a")
    close(folder)
    #expect(lstat(lock, &status) == 0)
    #expect(status.st_mode & 0o7777 == 0o600)
    try town.stop(second)
    #expect(unlink(lock) == 0)
    #expect(symlink("elsewhere", lock) == 0)
    let error = #expect(throws: NodeStartError.self) { try town.start("a") }
    #expect(error?.description.contains(lock) == true)
  }

  @Test func `A node that is not started gives its folder back`() throws {
    let town = try Town()
    let configuration = try town.configuration("a")
    let loop = try EventLoop()
    let node = try Node(configuration: configuration, loop: loop, log: .silent)
    #expect(throws: NodeStartError.self) { try town.start("a") }
    node.dismantle()
    _ = try town.start("a")
  }

  @Test func `A missing plugin is a status, and the others run`() throws {
    let town = try Town()
    let node = try town.start(
      town.configuration("a", transports: ["carrier-pigeon: { priority: 1 }", town.listening("a", "first")]))
    #expect(node.transports[0].problem?.contains("mesh_carrier-pigeon.so") == true)
    #expect(node.transports[1].isRunning)
  }

  @Test func `A session that is idle is closed, and dialled again when there is something to say`() throws {
    let town = try Town()
    func quick(_ name: String) throws -> Node { try town.start(town.configuration(name, node: ", idle_timeout: 30s")) }
    let (a, b) = (try quick("a"), try quick("b"))
    let box = Mailbox()
    try b.core.serve("/test/1", with: box)
    try town.introduce(a, b)
    for _ in 0..<6 {
      town.loop.advanceClock(by: 10_500_000_000)
      town.settle()
    }
    #expect(a.connectedPeers == 0)
    #expect(b.connectedPeers == 0)
    try a.send(Array("awake".utf8), to: b.identity.id, protocol: "/test/1") { _ in }
    try town.wait("it is delivered") { box.messages == ["awake"] }
  }

  @Test func `A stop waits for queued messages and then says goodbye`() throws {
    let town = try Town()
    let (a, b) = (try town.start("a"), try town.start("b"))
    let box = Mailbox()
    try b.core.serve("/test/1", with: box)
    try town.introduce(a, b)
    for number in 0..<100 { try a.send(Array("\(number)".utf8), to: b.identity.id, protocol: "/test/1") { _ in } }
    try town.stop(a)
    #expect(box.messages == (0..<100).map(String.init))
    try town.wait("the goodbye arrives") { b.connectedPeers == 0 }
  }

  @Test func `A signed record teaches the addresses of a peer and survives a restart`() throws {
    let town = try Town()
    let (a, b) = (try town.start("a"), try town.start("b"))
    _ = try b.addPeer(Invitation(id: a.identity.id, addresses: []), alias: "a")
    _ = try a.addPeer(town.invitation(of: b), alias: "b")
    try town.wait("the record arrives") { b.peer("a")?.addresses.isEmpty == false }
    let address = try #require(b.peer("a")?.addresses.first)
    #expect(address.uri == town.address("a", "first"))
    #expect(address.source == .record)
    try town.stop(b)
    let again = try town.start("b")
    #expect(again.peer("a")?.addresses.map(\.uri) == [town.address("a", "first")])
  }

  @Test func `The key file is made once, for its owner alone`() throws {
    let town = try Town()
    let a = try town.start("a")
    var status = stat()
    #expect(stat("\(town.folder)/a/identity.key", &status) == 0)
    #expect(status.st_mode & 0o777 == 0o600)
    try town.stop(a)
    chmod("\(town.folder)/a/identity.key", 0o644)
    let configuration = try town.configuration("a")
    #expect(throws: NodeStartError.self) { try Node(configuration: configuration, loop: town.loop, log: .silent) }
  }

  @Test func `The figures count what went over each transport`() throws {
    let town = try Town()
    let (a, b) = (try town.start("a"), try town.start("b"))
    try b.core.serve("/test/1", with: Mailbox())
    // Only one side dials: of two links that cross, one is closed while it carries packets.
    _ = try b.addPeer(Invitation(id: a.identity.id, addresses: []), alias: "a")
    _ = try a.addPeer(town.invitation(of: b), alias: "b")
    try town.wait("they are connected") { a.connectedPeers == 1 && b.connectedPeers == 1 }
    var isDelivered = false
    try a.send([1, 2, 3], to: b.identity.id, protocol: "/test/1") { _ in isDelivered = true }
    try town.wait("it is delivered") { isDelivered }
    let text = String(decoding: PrometheusText.render(a.metricFamilies()), as: UTF8.self)
    #expect(text.contains("\nmesh_sessions 1\n"))
    #expect(text.contains("\nmesh_messages_delivered_total 1\n"))
    #expect(text.contains("mesh_link_events_total{event=\"confirmed\"}"))
    #expect(a.transports[0].bytesSent > 0)
    try town.wait("what was sent has come") { a.transports[0].bytesSent == b.transports[0].bytesReceived }
  }

  @Test func `A node that has stopped is gone, although its loop runs on`() throws {
    let town = try Town()
    let other = try town.start("b")
    weak var gone: Node?
    weak var core: NodeCore?
    do {
      let node = try town.start("a")
      gone = node
      core = node.core
      try town.introduce(node, other)
      try town.stop(node)
    }
    town.settle()
    #expect(gone == nil && core == nil)
  }
}
