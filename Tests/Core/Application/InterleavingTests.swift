// SPDX-License-Identifier: Apache-2.0
import CApplication
import CMeshABI
import MeshApplication
import MeshEventLoop
import MeshNode
import Testing

/// SplitMix64 (Steele, Lea, Flood 2014): the same seed gives the same run.
private struct Dice: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var word = state
    word = (word ^ (word >> 30)) &* 0xbf58_476d_1ce4_e5b9
    word = (word ^ (word >> 27)) &* 0x94d0_49bb_1331_11eb
    return word ^ (word >> 31)
  }
}

@Suite struct InterleavingTests {
  /// Sends, cut-up submissions, small reads and releases in any order: everything accepted arrives once and in order,
  /// is settled once, and all its credit comes back.
  @Test(arguments: 1...12) func `Everything that is accepted is told exactly once`(seed: Int) throws {
    var dice = Dice(state: UInt64(seed))
    let town = try Town()
    let (a, b) = (try town.start("a"), try town.start("b"))
    try town.introduce(a, b)
    let sender = TestApplication(a, sinkLimit: Int.random(in: 400...4000, using: &dice))
    let receiver = TestApplication(b, sinkLimit: Int.random(in: 1000...20_000, using: &dice))
    try receiver.serve("/test/1", window: UInt64.random(in: 1...40, using: &dice))
    try sender.open("/test/1", to: b, flags: seed % 3 == 0 ? APP_FLAG_UNORDERED : 0)
    let total = 300
    var stream: [UInt8] = []
    var cost: UInt64 = 0
    for id in 1...total {
      let size = Int.random(in: 0...400, using: &dice)
      let body = withUnsafeBytes(of: UInt32(id)) { Array($0) } + [UInt8](repeating: UInt8(id & 255), count: size)
      let key = id % 5 == 0 ? [UInt8](repeating: UInt8(id & 255), count: 16) : []
      cost += UInt64(64 + key.count + body.count)
      stream += sender.command(
        APP_SEND, flags: id % 2 == 0 ? APP_FLAG_TELL_SETTLED : 0, id: UInt64(id), token: UInt64(id) * 3, key: key,
        data: body)
    }
    var at = 0
    var held: [SeenEvent] = []
    var arrived: [UInt32] = []
    var steps = 0
    func isDone() -> Bool {
      sender.seen(APP_ON_CREDIT).last?.header.value == cost && sender.seen(MESH_ON_SETTLED).count == total / 2
    }
    while !isDone(), steps < 200_000 {
      steps += 1
      switch Int.random(in: 0..<10, using: &dice) {
      case 0...2 where at < stream.count && sender.port.wantsCommands:
        let end = min(stream.count, at + Int.random(in: 1...3000, using: &dice))
        let piece = Array(stream[at..<end])
        at += try piece.withUnsafeBytes { (bytes) throws(ApplicationFault) in try sender.port.submit(bytes) }
      case 3...4:
        for event in receiver.read(Int.random(in: 1...8, using: &dice)) where event.kind == MESH_ON_MESSAGE {
          arrived.append(event.data.withUnsafeBytes { $0.loadUnaligned(as: UInt32.self) })
          held.append(event)
        }
      case 5...6:
        held.shuffle(using: &dice)
        for _ in 0..<min(held.count, Int.random(in: 1...6, using: &dice)) { try receiver.release(held.removeLast()) }
      case 7: sender.read(Int.random(in: 1...8, using: &dice))
      default: town.loop.runOnce(maxWait: 200_000)
      }
      #expect(sender.sink.used <= max(sender.sink.limit, 600) && receiver.sink.used <= max(receiver.sink.limit, 600))
    }
    try #require(isDone(), "seed \(seed): \(arrived.count) arrived, \(held.count) held after \(steps) steps")
    if seed % 3 != 0 {
      #expect(arrived == (1...UInt32(total)).map { $0 })
    } else {
      #expect(arrived.sorted() == (1...UInt32(total)).map { $0 })
    }
    let settled = sender.seen(MESH_ON_SETTLED)
    #expect(Set(settled.map(\.header.id)).count == settled.count)
    #expect(settled.allSatisfy { $0.header.code == MESH_OK && $0.header.token == $0.header.id * 3 })
    let credit = sender.seen(APP_ON_CREDIT).map(\.header.value)
    #expect(zip(credit, credit.dropFirst()).allSatisfy { $0 < $1 })
    sender.close()
    receiver.close()
  }
}
