// SPDX-License-Identifier: Apache-2.0

/// Records of a store that cannot be read. They stay on the disk until a person takes them out.
public struct DamagedRecords: Sendable {
  /// How many there are.
  public private(set) var count = 0
  /// The first of them, by number: why.
  public private(set) var first: [(sequence: UInt64, reason: String)] = []

  /// So many are known by number; the others after those have been taken out, at the next start.
  static let limit = 1024

  init() {}

  mutating func add(_ sequence: UInt64, _ reason: String) {
    count += 1
    if first.count < Self.limit { first.append((sequence, reason)) }
  }

  mutating func remove(_ sequence: UInt64) -> Bool {
    guard let index = first.firstIndex(where: { $0.sequence == sequence }) else { return false }
    first.remove(at: index)
    count -= 1
    return true
  }

  /// Why a record cannot be read; nil for one that is not among the first.
  public func reason(_ sequence: UInt64) -> String? { first.first { $0.sequence == sequence }?.reason }
}
