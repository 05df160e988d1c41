// SPDX-License-Identifier: Apache-2.0
import MeshWire
import TestSupport
import Testing

@Suite struct DeadlineHeapTests {
  /// From 3,990 on small ids and others are mixed.
  @Test(
    "The heap gives what a sorted list would", arguments: [0, 3_990, .max - 200] as [UInt64], 0..<5 as Range<UInt64>)
  func heap(from lowest: UInt64, seed: UInt64) {
    var random = SeededGenerator(seed)
    var heap = DeadlineHeap()
    var model: [UInt64: UInt64] = [:]
    for _ in 0..<3000 {
      let id = lowest + UInt64.random(in: 0..<200, using: &random)
      switch Int.random(in: 0..<4, using: &random) {
      case 0:
        heap.remove(id)
        model[id] = nil
      case 1:
        let now = UInt64.random(in: 0..<1000, using: &random)
        let first = model.min { ($0.value, $0.key) < ($1.value, $1.key) }
        let expected = first.flatMap { $0.value <= now ? $0.key : nil }
        #expect(heap.pop(now: now) == expected)
        if let expected { model[expected] = nil }
      default:
        let time = UInt64.random(in: 0..<1000, using: &random)
        heap.set(id, at: time)
        model[id] = time
      }
      #expect(heap.count == model.count)
      #expect(heap.next == model.values.min() ?? .max)
      #expect(heap.deadline(of: id) == model[id])
    }
  }
}
