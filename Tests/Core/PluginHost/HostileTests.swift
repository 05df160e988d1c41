// SPDX-License-Identifier: Apache-2.0
import CMeshABI
import Glibc
import MeshEventLoop
import MeshPluginHost
import Testing

@Suite("A hostile plugin")
struct HostileTests {
  private let invalid = Int(MESH_E_INVALID)

  @Test("Events in a wrong state, for a wrong link or with a wrong payload are refused; unknown ones are ignored")
  func events() throws {
    let node = try TestNode()
    let id = try node.run()
    let link = try node.connect(id, "events")
    #expect(node.log.value("unknown event") == 0)
    for name in [
      "caps before up", "down before up", "up unknown", "up stale", "up none", "stopped unasked", "started again",
      "configured unasked", "long payload", "null payload", "small mtu", "huge headroom", "up twice",
      "failed after up", "null events",
    ] {
      #expect(node.log.value(name) == invalid, "\(name)")
    }
    #expect(node.log.value("short caps") == 0)
    #expect(node.links[link]?.capabilities.mtu == 1000)
    #expect(node.links[link]?.capabilities.headroom == 0)
    #expect(node.host.statuses[0].instances[0].violations > 10)
    #expect(node.host.state(of: id) == .running && !node.wasReentered)
  }

  @Test("Buffers it does not own, puts twice, moves or delivers with a payload outside are refused and never lost")
  func buffers() throws {
    let node = try TestNode()
    let id = try node.run()
    _ = try node.connect(id, "buffers")
    for name in [
      "put foreign", "deliver foreign", "done foreign", "get too large", "deliver early", "deliver outside",
      "put twice", "put wrong generation", "deliver moved storage", "deliver overflow", "done not transmitted",
      "deliver good twice",
    ] {
      #expect(node.log.value(name) == invalid, "\(name)")
    }
    #expect(node.log.value("get") == 8)
    for name in ["deliver stale", "put", "deliver good", "put last"] { #expect(node.log.value(name) == 0, "\(name)") }
    #expect(node.arrived.map(\.len) == [5])
    #expect(node.pool.inUse == 0)
  }

  @Test("Watches of bad descriptors and one too many are refused; a number that comes back is watched anew")
  func watches() throws {
    var limit = rlimit()
    getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    if limit.rlim_cur < 8192 {
      limit.rlim_cur = min(8192, limit.rlim_max)
      setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    }
    let node = try TestNode()
    let id = try node.run()
    _ = try node.connect(id, "watch")
    for name in ["watch negative", "watch closed", "watch mask"] { #expect(node.log.value(name) == invalid, "\(name)") }
    for name in ["watch", "watch again", "watch reused number", "unwatch"] {
      #expect(node.log.value(name) == 0, "\(name)")
    }
    #expect(node.log.value("unwatch again") == Int(MESH_E_NOTFOUND))
    if limit.rlim_cur >= 8192 {
      #expect(node.log.value("watched") == 4097)
      #expect(node.log.value("watch too many") == Int(MESH_E_LIMIT))
    }
  }

  @Test("Calls from another thread are refused, but for log and post")
  func threads() throws {
    let node = try TestNode()
    let id = try node.run()
    _ = try node.connect(id, "thread")
    #expect(node.log.value("get off loop") == Int(MESH_E_STATE))
    #expect(node.log.value("event off loop") == Int(MESH_E_STATE))
    #expect(node.log.value("post off loop") == 0)
    #expect(node.log.value("wakes") == 1)
  }

  @Test("Log lines are cut and cleaned, and 64 different wakes are merged and bounded")
  func miscellany() throws {
    let node = try TestNode()
    let id = try node.run()
    _ = try node.connect(id, "misc")
    #expect(node.log.value("log level") == invalid && node.log.value("log null") == invalid)
    #expect(node.log.value("null host") == invalid && node.log.value("extension") == 1)
    #expect(node.log.all.allSatisfy { $0.utf8.allSatisfy { $0 >= 0x20 } && $0.utf8.count < 1100 })
    #expect(node.log.contains("a b [31mc"))
    #expect(node.log.value("post same") == 0 && node.log.value("post 65th") == Int(MESH_E_AGAIN))
    #expect(node.log.value("wakes") == 64)
  }

  @Test("Credit saturates, and none is given to a link that is gone")
  func credit() throws {
    let node = try TestNode()
    let id = try node.run()
    let link = try node.connect(id, "credit")
    #expect(node.host.credit(of: link).frames == 1 << 31)
    #expect(node.host.credit(of: link).bytes == 1 << 40)
    #expect(node.log.value("credit stale") == Int(MESH_E_STALE))
    #expect(node.events.filter { $0 == "credit" }.count == 1)
  }

  @Test("An instance whose descriptors are always ready is called once a turn, and others get their turn")
  func storm() throws {
    let node = try TestNode()
    let storm = try node.run(mode: "timer-storm", name: "storm")
    let other = try node.run(mode: "good", name: "other")
    _ = try node.connect(storm, "storm")
    let before = node.host.figures(of: storm)[0].value
    node.settle(100)
    let calls = node.host.figures(of: storm)[0].value - before
    #expect((90...110).contains(calls))
    _ = try node.connect(other, "up")
    #expect(node.links.count == 2)
  }

  @Test("A call that takes 70 ms is logged by name and counted")
  func slow() throws {
    let node = try TestNode()
    let id = try node.run()
    _ = try node.connect(id, "slow")
    let slow = node.log.all.filter { $0.contains("” took ") }
    #expect(slow.count { $0.contains("“connect” took") } == 1)
    // On a busy machine others take long too.
    #expect(node.host.statuses[0].instances[0].slowCalls == UInt64(slow.count))
  }

  @Test("A flood of events from one call is bounded")
  func flood() throws {
    let node = try TestNode()
    let id = try node.run()
    _ = try node.connect(id, "peers")
    #expect(node.events.filter { $0.hasPrefix("peer ") }.count == 256)
    #expect(node.log.value("peers") == invalid)
  }

  @Test("Offloaded work is bounded and its results come back; stores keep the rules for keys and values")
  func services() throws {
    let folder = HostilePlugin.temporaryFolder()
    let node = try TestNode(stateDirectory: folder)
    let id = try node.run()
    _ = try node.connect(id, "services")
    #expect(node.log.value("offload null") == invalid && node.log.value("offload limit") == Int(MESH_E_LIMIT))
    for name in ["store key long", "store key empty", "store value long"] {
      #expect(node.log.value(name) == invalid, "\(name)")
    }
    func lines(_ start: String) -> [Int] {
      node.log.all.filter { $0.hasPrefix("one: \(start) ") }.compactMap { Int($0.split(separator: " ").last ?? "") }
    }
    #expect(node.wait { lines("store status").count == 5 && lines("offload").count >= 64 + 2 })
    #expect(lines("store token") == [1, 2, 3, 4, 5])
    #expect(lines("store status") == [Int(MESH_E_NOTFOUND), 0, 0, 0, Int(MESH_E_NOTFOUND)])
    #expect(lines("store length") == [0, 0, 5, 0, 0])
    #expect(node.log.all.filter { $0 == "one: offload 42" }.count == 64)
  }

  @Test("Connecting has one answer, and a plugin that gives none is hung up on")
  func connecting() throws {
    let node = try TestNode()
    let id = try node.run()
    _ = try node.connect(id, "fail")
    #expect(node.events.last == "failed REFUSED class 2 no thanks")
    #expect(throws: PluginError.self) { try node.connect(id, "refuse") }
    #expect(throws: PluginError.self) { try node.connect(id, "garbage") }
    let silent = try node.call { try node.host.connect(id, to: "silent", deadline: node.loop.now + 1_000_000_000) }
    node.advance(seconds: 3)
    #expect(node.events.last == "failed TIMEOUT class 7 the plugin did not answer in time")
    #expect(throws: PluginError.self) { try node.host.disconnect(silent) }
    #expect(!node.wasReentered)
    #expect(node.host.statuses[0].instances[0].links == 0)
  }

  @Test("A plugin that does not answer a hang-up, or no longer knows the link, loses it")
  func disconnecting() throws {
    let node = try TestNode()
    let plugin = try node.host.load(HostilePlugin.path())
    let silent = try node.connect(node.run(plugin, mode: "disconnect-silent", name: "silent"), "up")
    let stale = try node.connect(node.run(plugin, mode: "disconnect-stale", name: "stale"), "up")
    try node.call { try node.host.disconnect(stale) }
    node.settle()
    #expect(node.events.last == "down STALE class 7 the plugin no longer knows the link")
    try node.call { try node.host.disconnect(silent, abort: true) }
    node.settle()
    #expect(node.links.keys.sorted { $0.rawValue < $1.rawValue } == [silent])
    node.advance(seconds: 11)
    #expect(node.links.isEmpty && !node.wasReentered)
  }

  @Test("Incoming links are offered, refused, and bounded by the limit of links")
  func incoming() throws {
    let node = try TestNode(linkLimit: 1)
    let id = try node.run()
    node.acceptsIncoming = false
    _ = try node.call { try node.host.listen(id, on: "incoming-a") }
    node.settle()
    #expect(node.log.value("incoming") == 0 && node.log.value("incoming unknown") == invalid)
    #expect(node.log.value("listening twice") == invalid)
    node.acceptsIncoming = true
    _ = try node.host.listen(id, on: "incoming-b")
    node.settle()
    #expect(node.log.value("incoming") == 1)
    #expect(node.links.values.map(\.isIncoming) == [true] && node.links.values.map(\.address) == ["-b"])
    #expect(node.links.values.map(\.binding) == [Array("binding".utf8)])
    _ = try node.host.listen(id, on: "incoming-c")
    node.settle()
    #expect(node.log.value("incoming") == 0)
    #expect(throws: PluginError.self) { try node.connect(id, "up") }
    #expect(throws: PluginError.self) { try node.host.listen(id, on: "refuse") }
    _ = try node.host.listen(id, on: "fail")
    node.settle()
    #expect(node.events.last == "listen failed taken")
  }
}
