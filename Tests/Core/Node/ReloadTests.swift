// SPDX-License-Identifier: Apache-2.0
import MeshConfig
import MeshCrypto
import MeshMultiplexer
import MeshNode
import MeshPluginHost
import MeshSession
import MeshWire
import Testing

@Suite struct ReloadTests {
  @Test func `A transport that is added starts, one that is gone ends, and the sessions go on`() throws {
    let town = try Town()
    let (a, b) = (
      try town.start(
        town.configuration("a", transports: [town.listening("a", "first"), town.listening("a", "second")])),
      try town.start(
        town.configuration("b", transports: [town.listening("b", "first"), town.listening("b", "second")]))
    )
    try town.introduce(a, b)
    let next = try town.configuration("a", transports: [town.listening("a", "second"), town.listening("a", "third")])
    let outcome = a.apply(next)
    #expect(outcome.needRestart.isEmpty)
    try town.wait("the transports changed") {
      a.transports.map(\.name) == ["second", "third"] && a.transports.allSatisfy(\.isRunning)
    }
    try town.wait("the third listens") { a.transports[1].listeners.first?.bound != nil }
    try town.wait("they are connected") { a.connectedPeers == 1 && b.connectedPeers == 1 }
  }

  @Test func `What needs a restart is named and stays as it was`() throws {
    let town = try Town()
    let a = try town.start("a")
    let before = a.configuration.control.socket
    let next = try town.configuration("a", rest: "control: { socket: \(town.folder)/elsewhere.sock }")
    let outcome = a.apply(next)
    #expect(outcome.needRestart == ["control.socket"])
    #expect(a.configuration.control.socket == before)
  }

  @Test func `Peers of the file come and go`() throws {
    let town = try Town()
    let a = try town.start("a")
    let id = Identity.generate().id
    _ = a.apply(try town.configuration("a", rest: "peers: [{ id: \(id.name), name: carol }]"))
    #expect(a.peer("carol")?.id == id)
    #expect(a.peer("carol").map { a.source(of: $0) } == "config")
    _ = a.apply(try town.configuration("a"))
    #expect(a.peer("carol") == nil)
    #expect(a.core.peers.isEmpty)
  }

  @Test func `A plugin's own keys are checked by the plugin's options`() throws {
    let town = try Town()
    let good = try town.configuration("a", transports: ["first: { plugin: unix, max_links: 8 }"])
    let bad = try town.configuration("a", transports: ["first: { plugin: unix, max_lnks: 8 }"])
    #expect(PluginCheck(good).run().problems.isEmpty)
    let problems = PluginCheck(bad).run().problems
    #expect(problems.map(\.key) == ["transports.first.max_lnks"])
    #expect(problems.first?.suggestion == "max_links")
    let node = try town.start(good)
    #expect(node.pluginProblems(bad).map(\.key) == ["transports.first.max_lnks"])
    #expect(node.pluginProblems(good).isEmpty)
  }

  @Test func `Live keys of a plugin are handed to it`() throws {
    let town = try Town()
    let node = try town.start(town.configuration("a", transports: ["first: { plugin: unix, max_links: 8 }"]))
    let outcome = node.apply(try town.configuration("a", transports: ["first: { plugin: unix, max_links: 9 }"]))
    #expect(outcome.changes == ["transports.first.max_links changed"])
    #expect(outcome.needRestart.isEmpty)
    town.settle()
    #expect(node.transports[0].problem == nil)
  }

  @Test func `A queue's limit and rule hold from the reload on, also for a peer known before`() throws {
    let town = try Town()
    func configured(_ queue: String) throws -> Configuration {
      try town.configuration("a", rest: "policy: { bulk: { \(queue) } }")
    }
    let a = try town.start(configured("queue: 64KiB"))
    let peer = Identity.generate().id
    _ = try a.addPeer(Invitation(id: peer, addresses: []), alias: "away")
    var dropped = 0
    /// How many messages of 10 kB are taken before one is refused, of 100 at most.
    func taken() -> Int {
      for number in 0..<100 {
        let outcome = Result { () throws(NodeError) in
          try a.send([UInt8](repeating: 7, count: 10_000), to: peer, protocol: "/test/1", trafficClass: .bulk) {
            dropped += $0 == .dropped ? 1 : 0
          }
        }
        guard case .success = outcome else { return number }
      }
      return 100
    }
    #expect((1...6).contains(taken()))
    #expect(taken() == 0)
    #expect(a.apply(try configured("queue: 256KiB")).needRestart.isEmpty)
    #expect((18...20).contains(taken()))
    _ = a.apply(try configured("queue: 64KiB"))
    #expect(taken() == 0)
    #expect(dropped == 0)
    _ = a.apply(try configured("queue: 64KiB, drop: oldest"))
    #expect(taken() == 100)
    town.settle()
    #expect(dropped > 90)
  }
}
