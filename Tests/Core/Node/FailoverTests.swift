// SPDX-License-Identifier: Apache-2.0
import MeshConfig
import MeshCrypto
import MeshEventLoop
import MeshMultiplexer
import MeshNode
import MeshSession
import MeshTransportManager
import MeshWire
import Testing

@Suite struct FailoverTests {
  private func pair(_ town: Town) throws -> (Node, Node) {
    func two(_ name: String) throws -> Node {
      try town.start(
        town.configuration(
          name, transports: [town.listening(name, "first"), town.listening(name, "second", priority: 2)]))
    }
    return (try two("a"), try two("b"))
  }

  @Test func `Messages survive the death of the link that carries them, each exactly once`() throws {
    let town = try Town()
    let (a, b) = try pair(town)
    let box = Mailbox()
    try b.core.serve("/test/1", with: box)
    try town.introduce(a, b)
    var outcomes: [MessageOutcome] = []
    for number in 0..<400 {
      try a.send(Array("\(number)".utf8), to: b.identity.id, protocol: "/test/1") { outcomes.append($0) }
      if number % 100 == 50 {
        town.loop.runOnce()
        let peer = try #require(a.core.peers[b.identity.id])
        if let link = peer.session?.link(for: .normal) { a.abort(link.id) }
      }
      if number % 7 == 0 { town.loop.runOnce() }
    }
    try town.wait("all are settled") { outcomes.count == 400 }
    #expect(outcomes.allSatisfy { $0 == .delivered })
    #expect(box.messages == (0..<400).map(String.init))
  }

  @Test func `Traffic moves to the second transport when the first is switched off`() throws {
    let town = try Town()
    let (a, b) = try pair(town)
    let box = Mailbox()
    try b.core.serve("/test/1", with: box)
    try town.introduce(a, b)
    let first = try #require(a.transport(named: "first"))
    a.enable(first, false)
    try town.wait("the second one carries") {
      let link = a.core.peers[b.identity.id]?.session?.link(for: .normal)
      return link.flatMap { a.transport(ofLink: $0.id)?.name } == "second"
    }
    var outcome: MessageOutcome?
    try a.send(Array("on".utf8), to: b.identity.id, protocol: "/test/1") { outcome = $0 }
    try town.wait("it is delivered") { outcome == .delivered }
    #expect(box.messages == ["on"])
    try town.wait("no link of the first is left") { first.links == 0 }
  }

  @Test func `After a restart of the other side messages that it had not taken arrive`() throws {
    let town = try Town()
    let a = try town.start("a")
    let b = try town.start("b")
    try town.introduce(a, b)
    try town.stop(b)
    var outcome: MessageOutcome?
    try a.send(Array("while away".utf8), to: b.identity.id, protocol: "/test/1") { outcome = $0 }
    town.settle()
    #expect(outcome == nil)
    let again = try town.start("b")
    #expect(again.identity.id == b.identity.id, "the key is kept")
    #expect(again.peer("a")?.id == a.identity.id, "the peer that was added is kept")
    let box = Mailbox()
    try again.core.serve("/test/1", with: box)
    try town.wait("it is delivered") { outcome != nil }
    #expect(outcome == .delivered)
    #expect(box.messages == ["while away"])
  }
}
