// SPDX-License-Identifier: Apache-2.0
import CApplication
import CMeshABI
import MeshApplication
import MeshNode
import MeshObserve
import Testing

/// What a library that keeps messages is told of them, and what it gives back.
@Suite struct SettlingTests {
  private func pair(flags: UInt32 = 0) throws -> (Town, TestApplication, TestApplication) {
    let town = try Town()
    let (a, b) = (try town.start("a"), try town.start("b"))
    try town.introduce(a, b)
    let (sender, receiver) = (TestApplication(a), TestApplication(b))
    try receiver.serve("/test/1")
    try sender.open("/test/1", to: b, flags: flags)
    return (town, sender, receiver)
  }

  @Test func `Credit says up to which message all are settled, and many releases share a command`() throws {
    let (town, sender, receiver) = try pair()
    for number in 0..<10 { try sender.send([UInt8(number)], flags: APP_FLAG_KEPT) }
    try town.wait("all arrive") { receiver.read().count >= 0 && receiver.seen(MESH_ON_MESSAGE).count == 10 }
    let ids = receiver.seen(MESH_ON_MESSAGE).map(\.header.id)
    func bytes(_ ids: ArraySlice<UInt64>) -> [UInt8] { ids.flatMap { id in withUnsafeBytes(of: id) { Array($0) } } }
    try receiver.submit(receiver.command(APP_RELEASE, id: ids[0], data: bytes(ids[1...5])))
    try town.wait("six are settled") { sender.read().count >= 0 && sender.seen(APP_ON_CREDIT).last?.header.token == 6 }
    // Twice, made up and in disorder: the rest is released all the same.
    try receiver.submit(
      receiver.command(APP_RELEASE, id: ids[9], data: bytes([ids[0], 1 << 62 | 77, ids[7], ids[8], ids[6]])))
    try town.wait("all are settled") { sender.read().count >= 0 && sender.seen(APP_ON_CREDIT).last?.header.token == 10 }
    #expect(sender.seen(MESH_ON_SETTLED).isEmpty)
    let total: UInt64 = 10 * 65
    #expect(sender.seen(APP_ON_CREDIT).last?.header.value == total)
    #expect(throws: ApplicationFault.self) {
      try receiver.submit(receiver.command(APP_RELEASE, id: ids[0], data: [1, 2, 3]))
    }
    for app in [sender, receiver] { app.close() }
  }

  @Test func `A kept message that is settled before an earlier one is told`() throws {
    let town = try Town()
    let (a, b) = (try town.start("a"), try town.start("b"))
    _ = try a.addPeer(town.invitation(of: b), alias: "b")
    let sender = TestApplication(a)
    try sender.open("/test/1", to: b)
    let first = try sender.send([1], flags: APP_FLAG_KEPT)
    let second = try sender.send([2], flags: APP_FLAG_KEPT, lifetime: 20)
    try town.wait("the second is told") { sender.read().count >= 0 && sender.seen(MESH_ON_SETTLED).count == 1 }
    #expect(sender.seen(MESH_ON_SETTLED)[0].header.id == second)
    #expect(sender.seen(APP_ON_CREDIT).last?.header.token == first - 1)
    sender.close()
  }

  @Test func `A port that is closed while its application holds messages is freed`() throws {
    let town = try Town()
    let (a, b) = (try town.start("a"), try town.start("b"))
    try town.introduce(a, b)
    let sender = TestApplication(a)
    try sender.open("/test/1", to: b)
    weak var port: ApplicationPort?
    do {
      let receiver = TestApplication(b)
      port = receiver.port
      try receiver.serve("/test/1")
      for _ in 0..<3 { try sender.send([1]) }
      try town.wait("all arrive") { receiver.read().count >= 0 && receiver.seen(MESH_ON_MESSAGE).count == 3 }
      receiver.close()
    }
    town.settle()
    #expect(port == nil)
    sender.close()
  }

  @Test func `Unreliable messages that nothing takes are counted, and told to whoever asks`() throws {
    let (town, sender, receiver) = try pair()
    try sender.submit(sender.command(APP_FLOW, id: 1, peer: 4711))
    func send(_ id: UInt64, _ flags: UInt32) throws {
      try sender.submit(
        sender.command(APP_SEND, flags: flags | APP_FLAG_UNRELIABLE, id: id, token: 9, value: 1, data: [1]))
    }
    try send(1, 0)
    try send(2, APP_FLAG_TELL_SENT)
    try send(3, APP_FLAG_TELL_SETTLED)
    town.settle()
    sender.read()
    #expect(sender.seen(MESH_ON_SENT).isEmpty)
    #expect(sender.seen(MESH_ON_SETTLED).map(\.header.id) == [2, 3])
    #expect(sender.seen(MESH_ON_SETTLED).allSatisfy { $0.header.code == MESH_E_NOTFOUND && $0.header.token == 9 })
    #expect(sender.node.metrics.datagramsRefused.value == 3)
    for app in [sender, receiver] { app.close() }
  }

  @Test func `Unreliable messages that the receiver has no room for are counted there`() throws {
    let town = try Town()
    let (a, b) = (try town.start("a"), try town.start("b"))
    try town.introduce(a, b)
    let (sender, receiver) = (TestApplication(a), TestApplication(b, sinkLimit: 4000))
    try receiver.serve("/test/1")
    try sender.open("/test/1", to: b)
    // Of two links made at once one is given up, and what is on it is lost.
    try sender.send([1])
    try town.wait("the link is settled") {
      !receiver.read().isEmpty && receiver.seen(MESH_ON_MESSAGE).count == 1
    }
    receiver.seen = []
    for _ in 0..<40 { try sender.send([UInt8](repeating: 1, count: 900), flags: APP_FLAG_UNRELIABLE) }
    town.settle()
    receiver.read()
    let seen = receiver.seen(MESH_ON_MESSAGE).count
    #expect(seen > 0 && seen < 40)
    #expect(receiver.node.metrics.datagramsUnread.value == UInt64(40 - seen))
    for app in [sender, receiver] { app.close() }
  }
}
