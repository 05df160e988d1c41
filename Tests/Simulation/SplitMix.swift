// SPDX-License-Identifier: Apache-2.0

/// SplitMix64: the one source of chance in a simulation. The same seed gives the same run.
struct SplitMix: RandomNumberGenerator {
  private var state: UInt64
  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }

  /// True in `percent` of a hundred cases.
  mutating func chance(_ percent: Double) -> Bool { Double(next() >> 11) * 0x1p-53 * 100 < percent }
  mutating func number(_ range: ClosedRange<UInt64>) -> UInt64 { UInt64.random(in: range, using: &self) }
  mutating func number(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &self) }
  mutating func percent(_ range: ClosedRange<Double>) -> Double { Double.random(in: range, using: &self) }
}
