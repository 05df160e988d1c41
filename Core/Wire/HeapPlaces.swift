// SPDX-License-Identifier: Apache-2.0

/// Where ids stand in a heap. Small ids, such as the slots of a table, are found without hashing.
struct HeapPlaces: Sendable {
  /// By id, -1 for none. As long as the largest small id that was ever set.
  private var small: [Int32] = []
  private var others: [UInt64: Int32] = [:]

  private static let smallLimit: UInt64 = 4096

  subscript(id: UInt64) -> Int? {
    get {
      guard id < Self.smallLimit else { return others[id].map { Int($0) } }
      guard id < small.count, small[Int(id)] >= 0 else { return nil }
      return Int(small[Int(id)])
    }
    set {
      guard id < Self.smallLimit else { return others[id] = newValue.map { Int32($0) } }
      if id >= small.count {
        guard newValue != nil else { return }
        small.append(contentsOf: repeatElement(-1, count: Int(id) + 1 - small.count))
      }
      small[Int(id)] = newValue.map { Int32($0) } ?? -1
    }
  }
}
