// SPDX-License-Identifier: Apache-2.0
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
}
