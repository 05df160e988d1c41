// SPDX-License-Identifier: Apache-2.0

/// The 16 bytes by which the other end may say that it has lost a connection (RFC 9000, 10.3).
struct ResetToken: Hashable {
  private let first: UInt64
  private let second: UInt64
  static let count = 16

  /// Reads 16 bytes.
  init(_ bytes: UnsafeRawPointer) {
    first = bytes.loadUnaligned(as: UInt64.self)
    second = bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self)
  }
}
