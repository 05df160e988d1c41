// SPDX-License-Identifier: Apache-2.0
import BundleProtocol

/// What was read here and taken out, as far as the disk remembers it: numbers and deadlines, in the order of reading.
struct ReadBundles {
  private var entries: [(number: UInt64, deadline: UInt64)] = []
  private var oldest = 0
  private var lastNumber: UInt64 = 0

  /// More are not remembered; the oldest go first.
  static let limit = 65_536

  var count: Int { entries.count - oldest }

  mutating func append(_ number: UInt64, deadline: UInt64) {
    entries.append((number, deadline))
    lastNumber = number
  }

  /// The number of one more.
  mutating func next(deadline: UInt64) -> UInt64 {
    append(lastNumber + 1, deadline: deadline)
    return lastNumber
  }

  /// The oldest, when there are too many or its lifetime has passed.
  mutating func takeOld(now: UInt64) -> UInt64? {
    guard count > 0, count > Self.limit || entries[oldest].deadline <= now else { return nil }
    defer {
      oldest += 1
      if oldest > 1024, oldest > entries.count / 2 {
        entries.removeFirst(oldest)
        oldest = 0
      }
    }
    return entries[oldest].number
  }
}
