// SPDX-License-Identifier: Apache-2.0
import CApplication
import CMeshABI
import MeshApplication
import MeshCrypto
import MeshEventLoop
import MeshMultiplexer
import MeshNode
import MeshSession
import Testing

/// Messages that were in a session when its last link died.
@Suite(.serialized) struct HandoverTests {
  private func pair(_ town: Town) throws -> (Node, Node) {
    func one(_ name: String) throws -> Node {
      let transports = [town.listening(name, "first"), "box: { plugin: postbox, priority: 9 }"]
      return try town.start(town.configuration(name, transports: transports))
    }
    let pair = (try one("a"), try one("b"))
    try town.introduce(pair.0, pair.1)
    return pair
  }

  private func cut(_ town: Town, _ nodes: Node..., isCut: Bool = true) throws {
    for node in nodes { node.enable(try #require(node.transport(named: "first")), !isCut) }
    if isCut { try town.wait("no link is left") { nodes.allSatisfy { $0.connectedPeers == 0 } } }
  }

  @Test(arguments: [false, true]) func `What a dying link had begun to carry arrives once`(linkReturns: Bool) throws {
    let town = try Town()
    let (a, b) = try pair(town)
    let (sender, receiver) = (TestApplication(a), TestApplication(b))
    try receiver.serve("/test/1", window: 2)
    try sender.open("/test/1", to: b)
    for number in 0..<6 {
      try sender.send(
        Array("m\(number)".utf8), flags: APP_FLAG_TELL_SETTLED | APP_FLAG_TELL_SENT | APP_FLAG_TELL_STORED,
        lifetime: 600_000)
    }
    try town.wait("two are held and the others have left") {
      receiver.read()
      sender.read()
      return receiver.seen(MESH_ON_MESSAGE).count == 2 && sender.seen(MESH_ON_SENT).count == 6
    }
    try cut(town, a, b)
    try town.wait("the carrier has them") { a.core.carriage.counters.carried == 6 }
    if linkReturns {
      try cut(town, a, b, isCut: false)
      try town.wait("both are connected") { a.connectedPeers == 1 && b.connectedPeers == 1 }
    }
    var released = 0
    try town.wait("all are settled") {
      receiver.read()
      sender.read()
      for message in receiver.seen(MESH_ON_MESSAGE).dropFirst(released) {
        released += 1
        try? receiver.release(message)
      }
      return sender.seen(MESH_ON_SETTLED).count == 6
    }
    town.settle()
    receiver.read()
    sender.read()
    #expect(receiver.seen(MESH_ON_MESSAGE).map(\.text).sorted() == (0..<6).map { "m\($0)" })
    #expect(sender.seen(MESH_ON_SETTLED).count == 6)
    #expect(sender.seen(MESH_ON_SETTLED).allSatisfy { $0.header.code == MESH_OK })
    #expect(sender.seen(MESH_ON_SENT).count == 6)
    #expect(sender.seen(MESH_ON_STORED).count == 6)
    sender.close()
    receiver.close()
  }

  @Test func `What the carrier brought first is not read again when the link returns`() throws {
    let town = try Town()
    let (a, b) = try pair(town)
    let (sender, receiver) = (TestApplication(a), TestApplication(b))
    try receiver.serve("/test/1")
    try sender.open("/test/1", to: b)
    let body = (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 / 7) }
    let first = try sender.send(body, flags: APP_FLAG_TELL_SETTLED, lifetime: 600_000)
    let multiplexer = try #require(a.core.peers[b.identity.id]?.multiplexer)
    try town.wait("it has begun to leave") { multiplexer.counters.bytesSent > 1000 }
    try #require(multiplexer.counters.bytesSent < 3_000_000, "all of it has left")
    try cut(town, a, b)
    try town.wait("it comes with the carrier") { !receiver.read().isEmpty && receiver.seen(MESH_ON_MESSAGE).count == 1 }
    try receiver.release(receiver.seen(MESH_ON_MESSAGE)[0])
    try town.wait("it is settled") { !sender.read().isEmpty && sender.seen(MESH_ON_SETTLED).count == 1 }
    #expect(sender.seen(MESH_ON_SETTLED)[0].header.id == first)
    try cut(town, a, b, isCut: false)
    try town.wait("both are connected") { a.connectedPeers == 1 && b.connectedPeers == 1 }
    try sender.send(Array("after".utf8), flags: APP_FLAG_TELL_SETTLED)
    try town.wait("the next one comes") { !receiver.read().isEmpty && receiver.seen(MESH_ON_MESSAGE).count >= 2 }
    try receiver.release(receiver.seen(MESH_ON_MESSAGE)[1])
    try town.wait("it is settled too") { !sender.read().isEmpty && sender.seen(MESH_ON_SETTLED).count == 2 }
    #expect(receiver.seen(MESH_ON_MESSAGE).map(\.data.count) == [3_000_000, 5])
    sender.close()
    receiver.close()
  }

  @Test func `A message of the daemon's own commands goes over too`() throws {
    let town = try Town()
    let (a, b) = try pair(town)
    let receiver = TestApplication(b)
    try receiver.serve("/test/1", window: 1)
    var outcomes: [MessageOutcome] = []
    var steps: [CarriedState] = []
    for number in 0..<3 {
      try a.send(
        Array("m\(number)".utf8), to: b.identity.id, protocol: "/test/1", lifetime: 600_000_000_000,
        carried: { steps.append($0) }
      ) { outcomes.append($0) }
    }
    try town.wait("one is held") { !receiver.read().isEmpty && receiver.seen(MESH_ON_MESSAGE).count == 1 }
    try cut(town, a, b)
    try town.wait("the carrier keeps them") { steps.filter { $0 == .stored }.count == 3 }
    #expect(outcomes.isEmpty)
    var released = 0
    try town.wait("all are settled") {
      receiver.read()
      for message in receiver.seen(MESH_ON_MESSAGE).dropFirst(released) {
        released += 1
        try? receiver.release(message)
      }
      return outcomes.count == 3
    }
    town.settle()
    receiver.read()
    #expect(outcomes.allSatisfy { $0 == .delivered })
    #expect(receiver.seen(MESH_ON_MESSAGE).map(\.text).sorted() == ["m0", "m1", "m2"])
    receiver.close()
  }

  @Test func `A session that ends hands over what has a lifetime and refuses the rest`() throws {
    let town = try Town()
    let (a, b) = try pair(town)
    let (sender, receiver) = (TestApplication(a), TestApplication(b))
    try receiver.serve("/test/1", window: 1)
    try sender.open("/test/1", to: b)
    let first = try sender.send(Array("held".utf8), flags: APP_FLAG_TELL_SETTLED, lifetime: 600_000)
    let second = try sender.send(Array("for now".utf8), flags: APP_FLAG_TELL_SETTLED)
    try town.wait("one is held") { !receiver.read().isEmpty && receiver.seen(MESH_ON_MESSAGE).count == 1 }
    let session = try #require(a.core.peers[b.identity.id]?.session)
    a.core.endpoint.end(session, code: 0, now: town.loop.now)
    a.wantTurn()
    try town.wait("the carrier has one") { a.core.carriage.counters.carried == 1 }
    try town.wait("the other is refused") { !sender.read().isEmpty && !sender.seen(MESH_ON_SETTLED).isEmpty }
    #expect(sender.seen(MESH_ON_SETTLED).map(\.header.id) == [second])
    #expect(sender.seen(MESH_ON_SETTLED)[0].header.code != MESH_OK)
    try receiver.release(receiver.seen(MESH_ON_MESSAGE)[0])
    var released = 1
    try town.wait("the first is settled") {
      receiver.read()
      // Each once: a command makes the next turn come at once.
      for message in receiver.seen(MESH_ON_MESSAGE).dropFirst(released) {
        try? receiver.release(message)
        released += 1
      }
      return !sender.read().isEmpty && sender.seen(MESH_ON_SETTLED).count == 2
    }
    #expect(sender.seen(MESH_ON_SETTLED)[1].header.id == first)
    #expect(sender.seen(MESH_ON_SETTLED)[1].header.code == MESH_OK)
    sender.close()
    receiver.close()
  }

  @Test func `A message behind one that was given up is settled`() throws {
    let town = try Town()
    let (a, b) = try pair(town)
    let (sender, receiver) = (TestApplication(a), TestApplication(b))
    try receiver.serve("/test/1")
    try sender.open("/test/1", to: b)
    try sender.send(Array("one".utf8), flags: APP_FLAG_TELL_SETTLED)
    let given = try sender.send(Array("two".utf8), flags: APP_FLAG_TELL_SETTLED)
    try sender.submit(sender.command(APP_CANCEL, id: given))
    try town.wait("one comes") { !receiver.read().isEmpty && receiver.seen(MESH_ON_MESSAGE).count == 1 }
    try receiver.release(receiver.seen(MESH_ON_MESSAGE)[0])
    town.settle()
    let last = try sender.send(Array("three".utf8), flags: APP_FLAG_TELL_SETTLED)
    try town.wait("the last comes") { !receiver.read().isEmpty && receiver.seen(MESH_ON_MESSAGE).count == 2 }
    try receiver.release(receiver.seen(MESH_ON_MESSAGE)[1])
    try town.wait("it is settled") {
      sender.read()
      return sender.seen(MESH_ON_SETTLED).contains { $0.header.id == last && $0.header.code == MESH_OK }
    }
    sender.close()
    receiver.close()
  }
}
