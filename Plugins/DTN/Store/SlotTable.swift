// SPDX-License-Identifier: Apache-2.0

/// Finds slots by a 64-bit key that the slot's owner keeps: four bytes a cell, linear probing, at most two thirds full.
struct SlotTable {
  private var cells: [UInt32]
  private(set) var count = 0

  private static let empty = UInt32.max

  init(capacity: Int = 16) {
    var size = 16
    while size * 2 / 3 < capacity { size *= 2 }
    cells = [UInt32](repeating: Self.empty, count: size)
  }

  /// Sixteen keys that follow one another share a line of the processor's cache: sequence numbers are found fast.
  private static func mix(_ key: UInt64) -> Int {
    let word = (key >> 4) &* 0x9e37_79b9_7f4a_7c15
    return Int(truncatingIfNeeded: (word >> 20) << 4 | key & 15)
  }

  /// The first slot with this key of which `matches` is true.
  func find(_ key: UInt64, keyOf: (UInt32) -> UInt64, matches: (UInt32) -> Bool = { _ in true }) -> UInt32? {
    let mask = cells.count - 1
    var at = Self.mix(key) & mask
    while cells[at] != Self.empty {
      if keyOf(cells[at]) == key, matches(cells[at]) { return cells[at] }
      at = (at + 1) & mask
    }
    return nil
  }

  mutating func insert(_ slot: UInt32, key: UInt64, keyOf: (UInt32) -> UInt64) {
    if (count + 1) * 3 > cells.count * 2 { grow(keyOf: keyOf) }
    place(slot, key)
    count += 1
  }

  private mutating func place(_ slot: UInt32, _ key: UInt64) {
    let mask = cells.count - 1
    var at = Self.mix(key) & mask
    while cells[at] != Self.empty { at = (at + 1) & mask }
    cells[at] = slot
  }

  private mutating func grow(keyOf: (UInt32) -> UInt64) {
    let old = cells
    cells = [UInt32](repeating: Self.empty, count: old.count * 2)
    for slot in old where slot != Self.empty { place(slot, keyOf(slot)) }
  }

  mutating func remove(_ slot: UInt32, key: UInt64, keyOf: (UInt32) -> UInt64) {
    let mask = cells.count - 1
    var at = Self.mix(key) & mask
    while cells[at] != slot {
      guard cells[at] != Self.empty else { return }
      at = (at + 1) & mask
    }
    count -= 1
    // Later cells of the run move up, so that no probe ends early.
    var hole = at
    var next = (at + 1) & mask
    while cells[next] != Self.empty {
      let home = Self.mix(keyOf(cells[next])) & mask
      if (next - home) & mask >= (next - hole) & mask {
        cells[hole] = cells[next]
        hole = next
      }
      next = (next + 1) & mask
    }
    cells[hole] = Self.empty
  }
}
