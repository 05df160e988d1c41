// SPDX-License-Identifier: Apache-2.0
import CApplication
import MeshApplication
import TestSupport
import Testing

@testable import MeshLibrary

@Suite struct RetainedMessagesTests {
  private func record(_ id: UInt64, _ count: Int) -> [UInt8] {
    let count = count & ~7
    var header = application_command()
    header.id = id
    header.len = UInt32(count)
    return withUnsafeBytes(of: header) { Array($0) } + [UInt8](repeating: UInt8(truncatingIfNeeded: id), count: count)
  }

  private func held(_ messages: RetainedMessages) -> [UInt64: [UInt8]] {
    var found: [UInt64: [UInt8]] = [:]
    messages.forEach { id, bytes, _ in found[id] = Array(bytes) }
    return found
  }

  @Test(arguments: 0..<40 as Range<UInt64>)
  func `What is kept is what was added and not settled, byte for byte`(seed: UInt64) {
    var generator = SeededGenerator(seed)
    let messages = RetainedMessages()
    var model: [UInt64: [UInt8]] = [:]
    var told: Set<UInt64> = []
    var last: UInt64 = 0
    for _ in 0..<600 {
      switch generator.next() % 8 {
      case 0...4:
        last += 1 + generator.next() % 3
        let isTold = generator.next() % 2 == 0
        let isLarge = generator.next() % 40 == 0
        let bytes = record(last, Int(generator.next() % (isLarge ? 400_000 : 2000)))
        bytes.withUnsafeBytes { messages.append(last, $0, isTold: isTold, deadline: 0) }
        model[last] = bytes
        if isTold { told.insert(last) }
      case 5, 6:
        let id = generator.next() % (last + 2)
        #expect(messages.isTold(id) == (model[id] == nil ? nil : told.contains(id)))
        messages.settle(id)
        model[id] = nil
      default:
        guard generator.next() % 4 == 0 else { continue }
        let id = last - min(last, generator.next() % 20)
        messages.settle(upTo: id)
        model = model.filter { $0.key > id }
      }
      #expect(messages.contains(last) == (model[last] != nil))
    }
    #expect(held(messages) == model)
    #expect(messages.cost == model.values.reduce(0) { $0 + UInt64($1.count) })
    messages.settle(upTo: last)
    #expect(held(messages).isEmpty)
  }

  @Test func `They are visited in order`() {
    let messages = RetainedMessages()
    for id in 1...3000 as ClosedRange<UInt64> {
      record(id, 100).withUnsafeBytes { messages.append(id, $0, isTold: false, deadline: id) }
    }
    messages.settle(upTo: 1500)
    messages.settle(2000)
    var seen: [UInt64] = []
    messages.forEach { id, _, deadline in
      #expect(deadline == id)
      seen.append(id)
    }
    #expect(seen == (1501...3000).filter { $0 != 2000 })
  }
}
