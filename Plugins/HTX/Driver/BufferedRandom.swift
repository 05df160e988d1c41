// SPDX-License-Identifier: Apache-2.0
import TransportDriver

/// The system's random numbers, 32 for one call of the kernel: what an observer sees of some says nothing about others.
struct BufferedRandom: RandomNumberGenerator {
  private var words = [UInt64](repeating: 0, count: 32)
  private var left = 0

  mutating func next() -> UInt64 {
    if left == 0 {
      words.withUnsafeMutableBytes { Random.fill($0) }
      left = words.count
    }
    left -= 1
    return words[left]
  }
}
