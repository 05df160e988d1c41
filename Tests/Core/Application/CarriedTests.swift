// SPDX-License-Identifier: Apache-2.0
import CApplication
import CMeshABI
import MeshApplication
import MeshNode
import Testing

/// Applications whose nodes are not there at the same time, with a carrier that keeps envelopes in the process.
@Suite(.serialized) struct CarriedTests {
  private func configuration(_ town: Town, _ name: String, carrier: Bool = true) throws -> Node {
    let transports = [town.listening(name, "first")] + (carrier ? ["box: { plugin: postbox, priority: 9 }"] : [])
    let node = try town.start(town.configuration(name, transports: transports))
    for transport in node.transports { #expect(transport.isRunning, "\(transport.name): \(transport.problem ?? "")") }
    return node
  }

  /// Two nodes that have met, of which the second one has stopped, and an application of the first.
  private func awayFromItsPeer(_ town: Town) throws -> (a: Node, sender: TestApplication) {
    let (a, b) = (try configuration(town, "a"), try configuration(town, "b"))
    try town.introduce(a, b)
    let sender = TestApplication(a)
    try sender.open("/test/1", to: b)
    try town.stop(b)
    try town.wait("the link is gone") { a.connectedPeers == 0 }
    return (a, sender)
  }

  @Test func `A message to a node that is off is told sent never, and settled when it was released`() throws {
    let town = try Town()
    let (_, sender) = try awayFromItsPeer(town)
    let id = try sender.send(
      Array("later".utf8), flags: APP_FLAG_TELL_SETTLED | APP_FLAG_TELL_SENT | APP_FLAG_TELL_STORED,
      lifetime: 600_000)
    sender.read()
    #expect(sender.seen(MESH_ON_STORED).isEmpty)
    try town.wait("the carrier keeps it") { !sender.read().isEmpty && sender.seen(MESH_ON_STORED).count == 1 }
    #expect(sender.seen(MESH_ON_STORED)[0].header.id == id)
    town.settle()
    sender.read()
    #expect(sender.seen(MESH_ON_SETTLED).isEmpty && sender.seen(MESH_ON_SENT).isEmpty)
    let again = try configuration(town, "b")
    let receiver = TestApplication(again)
    try receiver.serve("/test/1")
    try town.wait("it arrives") { !receiver.read().isEmpty && receiver.seen(MESH_ON_MESSAGE).count == 1 }
    let message = receiver.seen(MESH_ON_MESSAGE)[0]
    #expect(message.text == "later")
    #expect((500_000...600_000).contains(message.header.value))
    town.settle()
    sender.read()
    #expect(sender.seen(MESH_ON_SETTLED).isEmpty)
    try receiver.release(message)
    try town.wait("it is settled") { !sender.read().isEmpty && sender.seen(MESH_ON_SETTLED).count == 1 }
    #expect(sender.seen(MESH_ON_SETTLED).map(\.header.id) == [id])
    #expect(sender.seen(MESH_ON_SETTLED)[0].header.code == MESH_OK)
    #expect(receiver.seen(MESH_ON_MESSAGE).count == 1)
    #expect(sender.seen(MESH_ON_STORED).count == 1)
    sender.close()
    receiver.close()
  }

  @Test func `A message that a carrier has is not sent again over the link that comes`() throws {
    let town = try Town()
    let (a, sender) = try awayFromItsPeer(town)
    let key = (0..<16).map { UInt8($0) }
    try sender.send(Array("one".utf8), flags: APP_FLAG_TELL_SETTLED, lifetime: 600_000, key: key)
    try town.wait("the carrier has it") { a.core.carriage.counters.carried == 1 }
    let again = try configuration(town, "b")
    try town.wait("both are connected") { a.connectedPeers == 1 && again.connectedPeers == 1 }
    // The application repeats it, as after a crash of its own.
    try sender.send(Array("one".utf8), flags: APP_FLAG_TELL_SETTLED | APP_FLAG_REPEATED, lifetime: 600_000, key: key)
    try sender.send(Array("two".utf8), lifetime: 600_000)
    let receiver = TestApplication(again)
    try receiver.serve("/test/1")
    try town.wait("both arrive") { !receiver.read().isEmpty && receiver.seen(MESH_ON_MESSAGE).count >= 2 }
    for message in receiver.seen(MESH_ON_MESSAGE) { try receiver.release(message) }
    town.settle()
    receiver.read()
    #expect(receiver.seen(MESH_ON_MESSAGE).map(\.text).sorted() == ["one", "two"])
    sender.close()
    receiver.close()
  }

  @Test func `What an application has not released when it goes waits for the next one`() throws {
    let town = try Town()
    let (a, sender) = try awayFromItsPeer(town)
    try sender.send(Array("kept".utf8), lifetime: 600_000)
    try town.wait("the carrier has it") { a.core.carriage.counters.carried == 1 }
    let again = try configuration(town, "b")
    let first = TestApplication(again)
    try first.serve("/test/1")
    try town.wait("it arrives") { !first.read().isEmpty && first.seen(MESH_ON_MESSAGE).count == 1 }
    first.close()
    let second = TestApplication(again)
    try second.serve("/test/1")
    try town.wait("it comes again") { !second.read().isEmpty && second.seen(MESH_ON_MESSAGE).count == 1 }
    #expect(second.seen(MESH_ON_MESSAGE)[0].text == "kept")
    sender.close()
    second.close()
  }

  @Test func `What was released just before its node stopped does not come again`() throws {
    let town = try Town()
    let (a, b) = (try configuration(town, "a"), try configuration(town, "b"))
    try town.introduce(a, b)
    let (sender, receiver) = (TestApplication(a), TestApplication(b))
    try receiver.serve("/test/1")
    try sender.open("/test/1", to: b)
    try sender.send(Array("once".utf8), flags: APP_FLAG_TELL_SETTLED, lifetime: 600_000)
    try town.wait("it arrives") { !receiver.read().isEmpty && receiver.seen(MESH_ON_MESSAGE).count == 1 }
    try receiver.release(receiver.seen(MESH_ON_MESSAGE)[0])
    // The word of the release waits for company: it leaves before the session ends.
    try town.stop(b)
    receiver.close()
    let again = try configuration(town, "b")
    let next = TestApplication(again)
    try next.serve("/test/1")
    try town.wait("it is settled") { !sender.read().isEmpty && sender.seen(MESH_ON_SETTLED).count == 1 }
    next.read()
    #expect(sender.seen(MESH_ON_SETTLED)[0].header.code == MESH_OK)
    #expect(next.seen(MESH_ON_MESSAGE).isEmpty)
    sender.close()
    next.close()
  }

  @Test func `What is given up before the carrier keeps it is told cancelled and never sent`() throws {
    let town = try Town()
    let (a, sender) = try awayFromItsPeer(town)
    let id = try sender.send(Array("never".utf8), flags: APP_FLAG_TELL_SETTLED, lifetime: 600_000)
    try town.wait("the carrier has it") { a.core.carriage.counters.carried == 1 }
    try sender.cancel(id)
    try town.wait("it is settled") { !sender.read().isEmpty && sender.seen(MESH_ON_SETTLED).count == 1 }
    #expect(sender.seen(MESH_ON_SETTLED)[0].header.code == MESH_E_CANCELLED)
    let again = try configuration(town, "b")
    let receiver = TestApplication(again)
    try receiver.serve("/test/1")
    try town.wait("both are connected") { a.connectedPeers == 1 && again.connectedPeers == 1 }
    let last = try sender.send(Array("last".utf8), lifetime: 600_000)
    #expect(last > id)
    try town.wait("the next one arrives") { !receiver.read().isEmpty && !receiver.seen(MESH_ON_MESSAGE).isEmpty }
    #expect(receiver.seen(MESH_ON_MESSAGE).map(\.text) == ["last"])
    sender.close()
    receiver.close()
  }

  @Test func `A lifetime that passes is told`() throws {
    let town = try Town()
    let (_, sender) = try awayFromItsPeer(town)
    let id = try sender.send(Array("short".utf8), lifetime: 300)
    try town.wait("it expires") { !sender.read().isEmpty && sender.seen(MESH_ON_SETTLED).count == 1 }
    #expect(sender.seen(MESH_ON_SETTLED)[0].header.id == id)
    #expect(sender.seen(MESH_ON_SETTLED)[0].header.code == MESH_E_EXPIRED)
    sender.close()
  }
}
