// SPDX-License-Identifier: Apache-2.0
import MeshConfig
import MeshCrypto
import MeshEventLoop
import MeshMultiplexer
import MeshNode
import MeshObserve
import MeshSession
import MeshWire
import Testing

@Suite struct TalkTests {
  @Test func `Two nodes exchange messages both ways, in order`() throws {
    let town = try Town()
    let (a, b) = (try town.start("a"), try town.start("b"))
    let (atA, atB) = (Mailbox(), Mailbox())
    try a.core.serve("/test/1", with: atA)
    try b.core.serve("/test/1", with: atB)
    try town.introduce(a, b)
    var delivered = 0
    for number in 0..<50 {
      try a.send(Array("a\(number)".utf8), to: b.identity.id, protocol: "/test/1") {
        delivered += $0 == .delivered ? 1 : 0
      }
      try b.send(Array("b\(number)".utf8), to: a.identity.id, protocol: "/test/1") {
        delivered += $0 == .delivered ? 1 : 0
      }
    }
    try town.wait("all are delivered") { delivered == 100 }
    #expect(atB.messages == (0..<50).map { "a\($0)" })
    #expect(atA.messages == (0..<50).map { "b\($0)" })
    #expect(atA.senders == [b.identity.id.name])
  }

  @Test func `A message larger than many packets arrives whole`() throws {
    let town = try Town()
    let (a, b) = (try town.start("a"), try town.start("b"))
    let box = Mailbox()
    try b.core.serve("/test/1", with: box)
    try town.introduce(a, b)
    let body = (0..<2_000_000).map { UInt8(0x61 + $0 % 26) }
    var outcome: MessageOutcome?
    var sentBefore: [Bool] = []
    try a.send(body, to: b.identity.id, protocol: "/test/1", sent: { sentBefore.append(outcome == nil) }) {
      outcome = $0
    }
    try town.wait("it is delivered") { outcome != nil }
    #expect(sentBefore == [true])
    #expect(outcome == .delivered)
    #expect(box.messages == [String(decoding: body, as: UTF8.self)])
  }

  @Test func `A protocol that nobody serves is refused, not lost`() throws {
    let town = try Town()
    let (a, b) = (try town.start("a"), try town.start("b"))
    try town.introduce(a, b)
    var outcome: MessageOutcome?
    try a.send([1], to: b.identity.id, protocol: "/nobody/1") { outcome = $0 }
    try town.wait("the refusal arrives") { outcome != nil }
    #expect(outcome == .refused(StreamCode.noSuchProtocol))
  }

  @Test func `A ping is answered, and refused to peers that the protocol does not list`() throws {
    let town = try Town()
    let a = try town.start("a")
    let closed = "protocols: { /mesh/ping/1: { allow: [somebody] } }"
    let b = try town.start(town.configuration("b", rest: closed))
    try town.introduce(a, b)
    var answers: [UInt64?] = []
    _ = try b.ping(a.identity.id) { answers.append($0) }
    _ = try a.ping(b.identity.id) { answers.append($0) }
    try town.wait("both know") { answers.count == 2 }
    #expect(answers.count { $0 == nil } == 1)
    #expect(answers.compactMap { $0 }.allSatisfy { $0 > 0 })
  }

  @Test func `A message that is sent before there is a link waits for it`() throws {
    let town = try Town()
    let (a, b) = (try town.start("a"), try town.start("b"))
    let box = Mailbox()
    try b.core.serve("/test/1", with: box)
    _ = try b.addPeer(Invitation(id: a.identity.id, addresses: []), alias: "a")
    _ = try a.addPeer(town.invitation(of: b), alias: "b")
    var outcome: MessageOutcome?
    try a.send(Array("early".utf8), to: b.identity.id, protocol: "/test/1") { outcome = $0 }
    try town.wait("it is delivered") { outcome != nil }
    #expect(outcome == .delivered)
    #expect(box.messages == ["early"])
  }

  @Test func `Every packet buffer comes back`() throws {
    let town = try Town()
    let (a, b) = (try town.start("a"), try town.start("b"))
    try b.core.serve("/test/1", with: Mailbox())
    try town.introduce(a, b)
    var delivered = 0
    for _ in 0..<200 {
      try a.send([UInt8](repeating: 7, count: 3000), to: b.identity.id, protocol: "/test/1") { _ in delivered += 1 }
    }
    try town.wait("all are delivered") { delivered == 200 }
    try town.stop(a)
    try town.stop(b)
    #expect(a.pool.inUse == 0)
    #expect(b.pool.inUse == 0)
    #expect(a.pool.refusals == 0)
  }
}
