// SPDX-License-Identifier: Apache-2.0

/// One change that waits for the disk.
enum StoreOperation: Sendable {
  case put(sequence: UInt64, record: [UInt8], bundle: [UInt8])
  case mark(sequence: UInt64, record: [UInt8])
  case remove(sequence: UInt64)

  /// Bytes that count for the size of a group.
  var size: Int {
    switch self {
    case .put(_, let record, let bundle): record.count + bundle.count
    case .mark(_, let record): record.count
    case .remove: 0
    }
  }

  var sequence: UInt64 {
    switch self {
    case .put(let sequence, _, _), .mark(let sequence, _), .remove(let sequence): sequence
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
