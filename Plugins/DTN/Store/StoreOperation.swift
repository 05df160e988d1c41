// SPDX-License-Identifier: Apache-2.0

/// One change that waits for the disk.
enum StoreOperation: Sendable {
  case put(sequence: UInt64, record: [UInt8], bundle: [UInt8])
  case mark(sequence: UInt64, record: [UInt8])
  case remove(sequence: UInt64)
  /// Takes a bundle out that was read, and writes that down under a number of its own.
  case read(sequence: UInt64, number: UInt64, record: [UInt8])
  /// It need not be known any more that a bundle was read.
  case forget(number: UInt64)

  /// Bytes that count for the size of a group.
  var size: Int {
    switch self {
    case .put(_, let record, let bundle): record.count + bundle.count
    case .mark(_, let record), .read(_, _, let record): record.count
    case .remove, .forget: 0
    }
  }
}

/// What became of a bundle that was admitted.
public struct StoreCompletion: Equatable, Sendable {
  /// Its number.
  public var sequence: UInt64
  /// Nil = it is on disk and will survive a loss of power; else why it is not, and it has gone from the store.
  public var error: StoreError?
}
