// SPDX-License-Identifier: Apache-2.0
import CMeshABI
import Glibc
import MeshEventLoop
import MeshPluginHost
import Testing

@Suite("Life of an instance")
struct LifecycleTests {
  private func stop(_ node: TestNode, _ id: InstanceID) throws {
    try node.call { try node.host.stop(id, deadline: node.loop.now + 5_000_000_000) }
    node.settle()
  }

  @Test("An instance is created with its secrets, started, stopped and destroyed, and can be started again")
  func whole() throws {
    let node = try TestNode()
    let id = try node.run()
    #expect(node.events == ["starting", "running"])
    #expect(node.log.value("secret") == 77)
    #expect(node.log.value("fault in create") == Int(MESH_E_INVALID))
    try stop(node, id)
    #expect(node.events == ["starting", "running", "draining", "stopped"])
    #expect(node.log.value("destroyed") == 1)
    #expect(node.log.value("call after stopped") == Int(MESH_E_STATE))
    try node.host.start(id)
    node.settle()
    #expect(node.host.state(of: id) == .running)
    #expect(throws: PluginError.self) { try node.host.start(id) }
    #expect(throws: PluginError.self) { try node.host.remove(id) }
    try stop(node, id)
    try node.host.remove(id)
    #expect(node.host.state(of: id) == nil)
    #expect(throws: PluginError.self) { try node.host.start(id) }
    #expect(!node.wasReentered)
  }

  @Test(
    "A create that fails leaves nothing",
    arguments: [
      ("create-fails", PluginError.Kind.configuration), ("create-garbage", .contract), ("create-null", .contract),
      ("create-buffers", .configuration),
    ])
  func create(mode: String, kind: PluginError.Kind) throws {
    let node = try TestNode()
    let plugin = try node.host.load(HostilePlugin.path())
    do throws(PluginError) {
      _ = try node.host.createInstance(
        of: plugin, name: "one",
        parameters: [PluginParameter(name: "mode", value: .text(mode), type: MESH_TYPE_STRING)],
        secrets: { _, _ in true })
      Issue.record("the instance was made")
    } catch {
      #expect(error.kind == kind)
    }
    #expect(node.pool.inUse == 0)
    #expect(node.host.statuses[0].instances.isEmpty)
  }

  @Test("A missing key, a name twice and a name that is no name are refused")
  func arguments() throws {
    let node = try TestNode()
    let plugin = try node.host.load(HostilePlugin.path())
    #expect(throws: PluginError.self) { try node.host.createInstance(of: plugin, name: "one") }
    _ = try node.create(plugin)
    for name in ["one", "", "a/b", "..", "UP", String(repeating: "x", count: 65)] {
      #expect(throws: PluginError.self) { try node.create(plugin, name: name) }
    }
  }

  @Test("A start that fails is tried again after 1, 2, 4 and so on up to 60 seconds")
  func backOff() throws {
    let node = try TestNode()
    // The last failure was not before this.
    var failed = node.loop.now
    let id = try node.run(mode: "start-fault")
    #expect(node.events == ["starting", "failed: no luck"])
    #expect(node.log.value("stop") == 1 && node.log.value("destroyed") == 1)
    for (index, pause) in [1, 2, 4, 8, 16, 32, 60, 60].enumerated() {
      #expect(node.host.statuses[0].instances[0].restarts == index)
      let pause = UInt64(pause) * 1_000_000_000
      node.loop.advanceClock(by: pause - 900_000_000)
      node.settle()
      if node.host.statuses[0].instances[0].restarts == index {
        failed = node.loop.now
        node.advance(seconds: 1)
      } else {
        // Right only if the machine stood still for the rest of the pause.
        #expect(node.loop.now >= failed + pause)
        failed += pause
      }
      #expect(node.host.statuses[0].instances[0].restarts == index + 1)
      #expect(node.host.state(of: id) == .failed)
    }
    try stop(node, id)
    #expect(node.host.state(of: id) == .stopped)
    node.advance(seconds: 100)
    #expect(node.host.statuses[0].instances[0].restarts == 8)
  }

  @Test("A start that returns an error fails without a stop", arguments: ["start-error", "start-garbage"])
  func startError(mode: String) throws {
    let node = try TestNode()
    let id = try node.run(mode: mode)
    #expect(node.host.state(of: id) == .failed)
    #expect(node.log.value("stop") == nil && node.log.value("destroyed") == 1)
  }

  @Test("A start that is never answered fails after 30 seconds")
  func startSilent() throws {
    let node = try TestNode()
    let id = try node.run(mode: "start-silent")
    #expect(node.host.state(of: id) == .starting)
    node.advance(seconds: 31)
    #expect(node.host.state(of: id) == .failed)
    #expect(node.host.statuses[0].instances[0].reason.contains("no answer"))
  }

  @Test("A fault takes the links down with its class, and a running time of 5 seconds forgives earlier failures")
  func fault() throws {
    let node = try TestNode()
    let id = try node.run()
    let link = try node.connect(id, "fault")
    #expect(node.events.contains("down RESET class 2 broken"))
    #expect(node.host.state(of: id) == .failed)
    #expect(node.host.credit(of: link) == (0, 0))
    node.advance(seconds: 2)
    #expect(node.host.state(of: id) == .running)
    node.advance(seconds: 6)
    _ = try node.connect(id, "fault")
    node.advance(seconds: 2)
    #expect(node.host.state(of: id) == .running, "one second again, not two")
  }

  @Test("A stop that is not answered leaves the instance stuck, its links down and its buffers alone")
  func stuck() throws {
    let node = try TestNode()
    let id = try node.run(mode: "stop-silent")
    let link = try node.connect(id, "up")
    #expect(node.transmit([node.packet(link), node.packet(link)]).taken == 2)
    try stop(node, id)
    #expect(node.host.state(of: id) == .draining)
    let late = node.transmit([node.packet(link)])
    #expect(late.taken == 0 && late.buffers[0].status == MESH_E_STATE, "nothing is transmitted after stop")
    #expect(node.pool.put(late.buffers[0]))
    #expect(throws: PluginError.self) { try node.connect(id, "up") }
    node.advance(seconds: 6)
    #expect(node.host.state(of: id) == .stuck)
    #expect(node.links.isEmpty && node.pool.inUse == 2)
    #expect(node.host.statuses[0].instances[0].stuck == 1)
    #expect(node.log.value("destroyed") == nil)
    try node.host.start(id)
    node.settle()
    #expect(node.host.state(of: id) == .running, "a new incarnation beside the stuck one")
  }

  @Test("What a plugin keeps when it says it has stopped is taken back")
  func stopKeeps() throws {
    let node = try TestNode()
    let id = try node.run(mode: "stop-keeps")
    let link = try node.connect(id, "up")
    #expect(node.transmit([node.packet(link, cookie: 5), node.packet(link, cookie: 6)]).taken == 2)
    try stop(node, id)
    #expect(node.host.state(of: id) == .stopped && node.links.isEmpty)
    #expect(node.completed.map(\.cookie) == [5, 6])
    #expect(node.completed.allSatisfy { $0.status == MESH_E_CANCELLED })
    #expect(node.pool.inUse == 0)
    #expect(node.host.statuses[0].instances[0].violations >= 2)
  }

  @Test("New values are handed over and refused by index")
  func configure() throws {
    let node = try TestNode()
    let id = try node.run()
    let value = PluginParameter(name: "a", value: .integer(1), type: MESH_TYPE_INT)
    try node.call { try node.host.configure(id, [value]) }
    node.settle()
    try node.host.configure(id, [value, value])
    node.settle()
    #expect(node.events.suffix(2) == ["configured OK 0", "configured RESTART 1"])
  }

  @Test("Figures with a bad name are left out, and a count that is too large is cut")
  func figures() throws {
    let node = try TestNode()
    let id = try node.run()
    let figures = node.host.figures(of: id)
    #expect(figures.map(\.name) == ["ready_calls"])
    #expect(figures[0].isCounter)
  }

  @Test("A replacement takes listeners and new links, the old one keeps its links until they end")
  func replacement() throws {
    let node = try TestNode()
    let id = try node.run()
    let listener = try node.host.listen(id, on: "here")
    let old = try node.connect(id, "up")
    let newer = try node.host.load(HostilePlugin.path(["VERSION_TWO"]))
    try node.call { try node.host.replace(id, with: newer, drain: 60_000_000_000) }
    node.settle()
    #expect(node.host.state(of: id) == .running)
    #expect(node.log.value("unlisten") == 1)
    #expect(node.host.statuses.map(\.instances.count) == [0, 1])
    let new = try node.connect(id, "up")
    #expect(node.transmit([node.packet(old), node.packet(new)]).taken == 2)
    node.settle()
    #expect(node.completed.count == 2)
    #expect(node.log.value("destroyed") == nil)
    try node.host.disconnect(old)
    node.settle()
    #expect(node.log.value("destroyed") == 1)
    #expect(node.links.keys.sorted { $0.rawValue < $1.rawValue } == [new])
    try node.host.unlisten(listener)
    #expect(throws: PluginError.self) { try node.host.unlisten(listener) }
  }

  @Test("The old one is stopped when its time to drain is over")
  func replacementDrains() throws {
    let node = try TestNode()
    let id = try node.run()
    _ = try node.connect(id, "up")
    let newer = try node.host.load(HostilePlugin.path(["VERSION_TWO"]))
    try node.host.replace(id, with: newer, drain: 10_000_000_000)
    node.settle()
    node.advance(seconds: 11)
    #expect(node.links.isEmpty && node.log.value("destroyed") == 1)
    #expect(node.host.state(of: id) == .running)
  }

  @Test("A replacement that does not start leaves the old one running")
  func replacementFails() throws {
    let node = try TestNode()
    let id = try node.run()
    let link = try node.connect(id, "up")
    let newer = try node.host.load(HostilePlugin.path(["BROKEN_START"]))
    try node.host.replace(id, with: newer, drain: 0)
    node.settle()
    #expect(node.host.state(of: id) == .running)
    #expect(node.transmit([node.packet(link)]).taken == 1)
    #expect(node.log.contains("cannot start"))
    #expect(node.host.statuses.map(\.instances.count) == [1, 0])
  }
}
