// SPDX-License-Identifier: Apache-2.0

/// A set of numbers as sorted, disjoint half-open ranges. Small in practice: one or two ranges.
struct RangeSet {
  private(set) var ranges: [(lower: UInt64, upper: UInt64)] = []

  var isEmpty: Bool { ranges.isEmpty }
  var count: Int { ranges.count }
  var first: (lower: UInt64, upper: UInt64)? { ranges.first }

  mutating func removeAll() { ranges.removeAll(keepingCapacity: true) }

  func contains(_ value: UInt64) -> Bool {
    let index = position(of: value)
    return index < ranges.count && ranges[index].lower <= value
  }

  /// Adds a range; neighbours are joined.
  mutating func insert(_ lower: UInt64, _ upper: UInt64) {
    guard lower < upper else { return }
    if let last = ranges.last, lower >= last.lower, lower <= last.upper {
      // The usual case: it continues the last range.
      ranges[ranges.count - 1].upper = max(last.upper, upper)
      return
    }
    let begin = lower == 0 ? 0 : position(of: lower - 1)
    var end = begin
    var joined = (lower: lower, upper: upper)
    while end < ranges.count, ranges[end].lower <= upper {
      joined.lower = min(joined.lower, ranges[end].lower)
      joined.upper = max(joined.upper, ranges[end].upper)
      end += 1
    }
    ranges.replaceSubrange(begin..<end, with: CollectionOfOne(joined))
  }

  /// Removes a range.
  mutating func remove(_ lower: UInt64, _ upper: UInt64) {
    guard lower < upper else { return }
    var index = 0
    while index < ranges.count {
      let range = ranges[index]
      if range.upper <= lower {
        index += 1
      } else if range.lower >= upper {
        return
      } else if range.lower < lower, range.upper > upper {
        ranges[index].upper = lower
        ranges.insert((upper, range.upper), at: index + 1)
        return
      } else if range.lower < lower {
        ranges[index].upper = lower
        index += 1
      } else if range.upper > upper {
        ranges[index].lower = upper
        return
      } else {
        ranges.remove(at: index)
      }
    }
  }

  /// Removes all below `bound`.
  mutating func removeBelow(_ bound: UInt64) { remove(0, bound) }

  /// The index of the first range that ends above `value`.
  private func position(of value: UInt64) -> Int {
    var low = 0
    var high = ranges.count
    while low < high {
      let middle = (low + high) / 2
      if ranges[middle].upper > value { high = middle } else { low = middle + 1 }
    }
    return low
  }
}
