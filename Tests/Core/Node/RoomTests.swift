// SPDX-License-Identifier: Apache-2.0
import MeshConfig
import MeshCrypto
import MeshEventLoop
import MeshNode
import MeshObserve
import MeshTransportManager
import MeshWire
import Synchronization
import Testing

@Suite struct RoomTests {
  @Test func `A known peer that finds no room is told that, and comes in when there is room`() throws {
    let town = try Town()
    let (a, c) = (try town.start("a"), try town.start("c"))
    let b = try town.start(town.configuration("b", node: ", max_sessions: 1"))
    try town.introduce(b, c, names: ("b", "c"))
    _ = try b.addPeer(Invitation(id: a.identity.id, addresses: []), alias: "a")
    _ = try a.addPeer(town.invitation(of: b), alias: "b")
    try town.wait("the refusal is told") { reason(of: "b", at: a, town).contains("refused") }
    #expect(reason(of: "b", at: a, town).contains("no room"))
    #expect(!reason(of: "b", at: a, town).contains("access list"))
    try town.stop(c)
    var turns = 0
    try town.wait("both are connected") {
      turns += 1
      if turns % 20 == 0 { town.loop.advanceClock(by: 500_000_000) }
      return a.connectedPeers == 1 && b.connectedPeers == 1
    }
  }

  @Test func `A stranger that finds no room while access is open is logged with the limit that it met`() throws {
    let town = try Town()
    let (a, c) = (try town.start("a"), try town.start("c"))
    var configuration = try town.configuration("b", node: ", max_peers: 1")
    configuration.node.access = .open
    let b = try town.start(configuration)
    let lines = Tapped(b.log)
    try town.introduce(b, c, names: ("b", "c"))
    _ = try a.addPeer(town.invitation(of: b), alias: "b")
    try town.wait("the refusal is told") { reason(of: "b", at: a, town).contains("no room") }
    let line = try #require(lines.all.first { $0.contains("stranger_refused") })
    #expect(line.contains("node.max_peers") && line.contains(a.identity.id.name))
    #expect(!line.contains("peers add"))
  }

  private func reason(of peer: String, at node: Node, _ town: Town) -> String {
    node.peer(peer).flatMap { node.core.transports.why($0.handle, now: town.loop.now) }?.reason ?? ""
  }
}

/// The lines that a log has written since.
private final class Tapped: Sendable {
  private let lines = Mutex<[String]>([])

  init(_ log: Log) {
    _ = log.addTap(.info) { [weak self] line, _ in
      let line = String(decoding: line, as: UTF8.self)
      self?.lines.withLock { $0.append(line) }
    }
  }

  var all: [String] { lines.withLock { $0 } }
}
