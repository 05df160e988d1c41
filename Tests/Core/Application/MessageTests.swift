// SPDX-License-Identifier: Apache-2.0
import CApplication
import CMeshABI
import MeshApplication
import MeshCrypto
import MeshNode
import MeshTransportManager
import MeshWire
import Testing

@Suite struct MessageTests {
  /// Two nodes that know each other, an application on each; the second serves /test/1.
  private func pair(sinkLimit: Int = 1 << 20, window: UInt64 = 0) throws -> (Town, TestApplication, TestApplication) {
    let town = try Town()
    let (a, b) = (try town.start("a"), try town.start("b"))
    try town.introduce(a, b)
    let (sender, receiver) = (TestApplication(a), TestApplication(b, sinkLimit: sinkLimit))
    try receiver.serve("/test/1", window: window)
    try sender.open("/test/1", to: b)
    return (town, sender, receiver)
  }

  @Test func `A message arrives with its key and lifetime, and is settled when it is released`() throws {
    let (town, sender, receiver) = try pair()
    let key = (0..<16).map { UInt8($0) }
    let id = try sender.send(
      Array("hello".utf8), flags: APP_FLAG_TELL_SETTLED | APP_FLAG_TELL_SENT, lifetime: 60_000, key: key)
    try town.wait("it arrives") { !receiver.read().isEmpty && receiver.seen(MESH_ON_MESSAGE).count == 1 }
    let message = receiver.seen(MESH_ON_MESSAGE)[0]
    #expect(message.text == "hello")
    #expect(message.meta == key)
    #expect(message.header.token == 7)
    #expect((1...60_000).contains(message.header.value))
    let name = receiver.seen(APP_ON_PEER_NAME)
    #expect(name.count == 1 && name[0].data == sender.node.identity.id.bytes)
    #expect(name[0].header.peer == message.header.peer)
    town.settle()
    sender.read()
    #expect(sender.seen(MESH_ON_SETTLED).isEmpty)
    #expect(sender.seen(APP_ON_CREDIT).isEmpty)
    try receiver.release(message)
    try town.wait("it is settled") { !sender.read().isEmpty && sender.seen(APP_ON_CREDIT).count == 1 }
    let settled = sender.seen(MESH_ON_SETTLED)
    #expect(settled.map(\.header.id) == [id] && settled[0].header.code == MESH_OK)
    #expect(settled[0].header.token == id + 1000)
    #expect(sender.seen(APP_ON_CREDIT)[0].header.value == 64 + 16 + 5)
    // Twice released, or made up: nothing happens.
    try receiver.release(message)
    try receiver.submit(receiver.command(APP_RELEASE, id: 1 << 62 | 99))
    try receiver.submit(receiver.command(APP_RELEASE, id: .max))
    sender.close()
    receiver.close()
  }

  @Test func `A protocol that nobody serves is told unasked, and the credit comes back`() throws {
    let (town, sender, receiver) = try pair()
    try receiver.submit(receiver.command(APP_UNSERVE))
    receiver.read()
    #expect(receiver.seen(APP_ON_ANSWER).map(\.header.code) == [MESH_OK, MESH_OK])
    for _ in 0..<3 { try sender.send([1, 2, 3]) }
    try town.wait("all are refused") { sender.read().count >= 0 && sender.seen(MESH_ON_SETTLED).count == 3 }
    #expect(sender.seen(MESH_ON_SETTLED).allSatisfy { $0.header.code == MESH_E_NOTFOUND })
    town.settle()
    sender.read()
    #expect((sender.seen(APP_ON_CREDIT).last?.header.value ?? 0) == 3 * 67)
    // Served again, the same flow works.
    try receiver.submit(receiver.command(APP_SERVE, flags: MESH_SERVE_MESSAGES))
    try sender.send([9])
    try town.wait("it arrives") { receiver.read().count >= 0 && receiver.seen(MESH_ON_MESSAGE).count == 1 }
    sender.close()
    receiver.close()
  }

  @Test func `There is one server for a name`() throws {
    let (_, sender, receiver) = try pair()
    let other = TestApplication(receiver.node)
    try other.serve("/test/1")
    other.read()
    #expect(other.seen(APP_ON_ANSWER).map(\.header.code) == [MESH_E_BUSY])
    receiver.close()
    try other.submit(other.command(APP_SERVE, flags: MESH_SERVE_MESSAGES))
    other.read()
    #expect(other.seen(APP_ON_ANSWER).map(\.header.code) == [MESH_E_BUSY, MESH_OK])
    try other.submit(other.command(APP_UNSERVE) + other.command(APP_UNSERVE))
    other.read()
    #expect(other.seen(APP_ON_ANSWER).suffix(2).map(\.header.code) == [MESH_OK, MESH_E_NOTFOUND])
    other.close()
    sender.close()
  }

  @Test func `A message that runs out of time, or is cancelled, is told once and never delivered`() throws {
    let town = try Town()
    let (a, b) = (try town.start("a"), try town.start("b"))
    _ = try a.addPeer(town.invitation(of: b), alias: "b")
    // b refuses a, so that nothing leaves.
    let sender = TestApplication(a)
    try sender.open("/test/1", to: b)
    let short = try sender.send([1], lifetime: 20)
    let cancelled = try sender.send([2])
    let kept = try sender.send([3])
    try sender.submit(sender.command(APP_CANCEL, id: cancelled) + sender.command(APP_CANCEL, id: cancelled))
    try town.wait("both are told") { sender.read().count >= 0 && sender.seen(MESH_ON_SETTLED).count == 2 }
    let fates = Dictionary(uniqueKeysWithValues: sender.seen(MESH_ON_SETTLED).map { ($0.header.id, $0.header.code) })
    #expect(fates == [short: MESH_E_EXPIRED, cancelled: MESH_E_CANCELLED])
    let receiver = TestApplication(b)
    try receiver.serve("/test/1")
    _ = try b.addPeer(town.invitation(of: a), alias: "a")
    try town.wait("the other one arrives") { receiver.read().count >= 0 && receiver.seen(MESH_ON_MESSAGE).count == 1 }
    #expect(receiver.seen(MESH_ON_MESSAGE)[0].data == [3])
    #expect(kept == 3)
    sender.close()
    receiver.close()
  }

  @Test func `An application that holds its window, or reads nothing, holds up its senders and no other protocol`()
    throws
  {
    let (town, sender, receiver) = try pair(window: 4)
    let other = TestApplication(receiver.node)
    try other.serve("/other/1")
    let second = TestApplication(sender.node)
    try second.open("/other/1", to: other.node)
    for number in 0..<50 { try sender.send([UInt8(number)]) }
    town.settle()
    receiver.read()
    #expect(receiver.seen(MESH_ON_MESSAGE).count == 4)
    try second.send([77])
    try town.wait("the other one arrives") { other.read().count >= 0 && other.seen(MESH_ON_MESSAGE).count == 1 }
    // Released from the back: the sender's credit comes once the first is released, the window at once.
    for event in receiver.seen(MESH_ON_MESSAGE).reversed() { try receiver.release(event) }
    try town.wait("four more come") { receiver.read().count >= 0 && receiver.seen(MESH_ON_MESSAGE).count >= 8 }
    town.settle()
    receiver.read()
    #expect(receiver.seen(MESH_ON_MESSAGE).count == 8)
    for app in [sender, receiver, other, second] { app.close() }
  }

  @Test func `Messages of a closed application go on`() throws {
    let (town, sender, receiver) = try pair()
    for number in 0..<20 { try sender.send([UInt8(number)]) }
    sender.close()
    try town.wait("all arrive") { receiver.read().count >= 0 && receiver.seen(MESH_ON_MESSAGE).count == 20 }
    #expect(receiver.seen(MESH_ON_MESSAGE).map { $0.data[0] } == (0..<20).map { UInt8($0) })
    receiver.close()
  }

  @Test func `A message of the largest size arrives, also through a small sink`() throws {
    let (town, sender, receiver) = try pair(sinkLimit: 65_536)
    let body = [UInt8](repeating: 5, count: Int(MESH_MESSAGE_MAX))
    try sender.send(body, flags: APP_FLAG_TELL_SETTLED)
    try town.wait("it arrives") { receiver.read().count >= 0 && receiver.seen(MESH_ON_MESSAGE).count == 1 }
    #expect(receiver.seen(MESH_ON_MESSAGE)[0].data == body)
    try receiver.release(receiver.seen(MESH_ON_MESSAGE)[0])
    try town.wait("it is settled") { sender.read().count >= 0 && sender.seen(MESH_ON_SETTLED).count == 1 }
    sender.close()
    receiver.close()
  }
}
