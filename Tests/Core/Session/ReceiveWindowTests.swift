// SPDX-License-Identifier: Apache-2.0
import AllocationCount
import MeshWire
import Testing

@testable import MeshSession

/// A small generator with a seed (SplitMix64).
struct Seeded: RandomNumberGenerator {
  var state: UInt64
  init(_ seed: UInt64) { state = seed }
  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }
}

@Suite struct ReceiveWindowTests {
  @Test("The window accepts and reports what a plain set does", arguments: 0..<6 as Range<UInt64>)
  func model(seed: UInt64) {
    var random = Seeded(seed)
    var window = ReceiveWindow(ordered: false)
    var seen: Set<UInt64> = []
    var top: UInt64 = 0
    for step in 0..<1500 {
      let reach: UInt64 = step % 97 == 0 ? 9000 : 40
      let number =
        (top + UInt64.random(in: 0...reach, using: &random)) - min(top, .random(in: 0...reach, using: &random))
      let expected = !seen.contains(number) && number + ReceiveWindow.span >= top
      #expect(window.accepts(number) == expected)
      guard expected else { continue }
      window.insert(number)
      seen.insert(number)
      top = max(top, number + 1)
      guard step % 7 == 0 else { continue }
      var below = UInt64.max
      window.ranges(limit: 1) { first, last in
        #expect(last == top - 1 && (first...last).allSatisfy(seen.contains))
        #expect(first == 0 || !seen.contains(first - 1) || first + ReceiveWindow.span == top)
        below = first
      }
      window.ranges(limit: .max) { first, last in
        if first != below { #expect(last + 1 < below, "two ranges that touch") }
        below = first
      }
    }
    var reported: Set<UInt64> = []
    window.ranges(limit: .max) { reported.formUnion($0...$1) }
    #expect(reported == seen.filter { $0 + ReceiveWindow.span >= top })
  }

  @Test("An ordered lane takes the next number only")
  func ordered() {
    var window = ReceiveWindow(ordered: true)
    #expect(window.accepts(0) && !window.accepts(1))
    window.insert(0)
    #expect(window.accepts(1) && !window.accepts(0) && !window.accepts(2))
  }

  @Test("Jumps of every length forget what they must, and nothing else", arguments: 0..<4 as Range<UInt64>)
  func jumps(seed: UInt64) {
    var random = Seeded(seed)
    var window = ReceiveWindow(ordered: false)
    var seen: Set<UInt64> = []
    for _ in 0..<200 {
      let lengths: [UInt64] = [0, 1, 62, 63, 64, 65, 127, 128, 4031, 4032, 4094, 4095, 4096, 4097, 9000]
      let number = window.next + lengths[Int.random(in: 0..<lengths.count, using: &random)]
      window.insert(number)
      seen.insert(number)
      let floor = window.next - min(window.next, ReceiveWindow.span)
      var reported: [UInt64] = []
      window.ranges(limit: .max) { reported.append(contentsOf: ($0...$1).reversed()) }
      #expect(reported == seen.filter { $0 >= floor }.sorted(by: >))
    }
  }

  @Test("An acknowledgement with gaps is read as it was written, and writing it allocates nothing")
  func acknowledgement() throws {
    var lane = Lane(index: 3, characteristics: Pair.datagram, orderedInFlight: 1 << 20)
    var random = Seeded(7)
    var number: UInt64 = 0
    while number < 4000 {
      number += .random(in: 1...90, using: &random)
      for _ in 0..<Int.random(in: 1...4, using: &random) {
        number += 1
        lane.noteArrival(number: number, eliciting: true, options: SessionOptions(), now: 5_000_000)
      }
    }
    let space = UnsafeMutableRawBufferPointer.allocate(byteCount: SessionFrame.acknowledgementRoom, alignment: 8)
    defer { space.deallocate() }
    var length = 0
    let before = allocation_count()
    for _ in 0..<1000 {
      length = SessionFrame.writeAcknowledgement(of: lane, to: space.baseAddress!, limit: 20, now: 9_000_000)
    }
    if allocation_count_is_available() != 0 { #expect(allocation_count() - before == 0) }
    #expect(length <= SessionFrame.acknowledgementRoom)
    var expected: [ClosedRange<UInt64>] = []
    lane.received.ranges(limit: 20) { expected.append($0...$1) }
    var read: [ClosedRange<UInt64>] = []
    var reader = ByteReader(UnsafeRawBufferPointer(rebasing: space[1..<length]))
    try SessionFrame.readAcknowledgement(&reader) { index, first, last, delay in
      #expect(index == 3 && delay == 4000)
      read.append(first...last)
    }
    #expect(read == expected && read.count == 20)
    #expect(reader.remaining == 0)
  }
}
