// SPDX-License-Identifier: Apache-2.0
import CSodium

/// Bytes that are wiped when nobody holds them any more. They never change, so they may be shared between threads.
public final class SecretBytes: @unchecked Sendable, CustomStringConvertible {
  private let storage: UnsafeMutableRawBufferPointer
  private let isGuarded: Bool

  /// `count` bytes, zero at first, which `fill` writes.
  ///
  /// - Parameter guarded: between two inaccessible pages, locked in memory and left out of core dumps: for keys that
  ///   live long, as each takes several pages.
  public init<E: Error>(
    count: Int, guarded: Bool = false, _ fill: (UnsafeMutableRawBufferPointer) throws(E) -> Void
  ) throws(E) {
    _ = Sodium.ready
    if guarded, let start = sodium_malloc(max(count, 1)) {
      storage = UnsafeMutableRawBufferPointer(start: start, count: count)
      isGuarded = true
    } else {
      storage = .allocate(byteCount: count, alignment: 16)
      isGuarded = false
    }
    storage.initializeMemory(as: UInt8.self, repeating: 0)
    try fill(storage)
  }

  /// A copy of `bytes`.
  public convenience init(_ bytes: UnsafeRawBufferPointer, guarded: Bool = false) {
    self.init(count: bytes.count, guarded: guarded) { $0.copyMemory(from: bytes) }
  }

  /// A copy of `bytes`, which the caller should not keep.
  public convenience init(_ bytes: [UInt8], guarded: Bool = false) {
    self.init(count: bytes.count, guarded: guarded) { $0.copyBytes(from: bytes) }
  }

  /// `count` bytes from `random`.
  public static func random(_ count: Int, from random: RandomBytes = .system) -> SecretBytes {
    SecretBytes(count: count) { random.fill($0) }
  }

  deinit {
    if isGuarded {
      sodium_free(storage.baseAddress)
    } else {
      sodium_memzero(storage.baseAddress, storage.count)
      storage.deallocate()
    }
  }

  /// The number of bytes.
  public var count: Int { storage.count }

  /// Lends the bytes for the time of the call; do not copy them to where nobody wipes them.
  public func withBytes<R: ~Copyable, E: Error>(_ body: (UnsafeRawBufferPointer) throws(E) -> R) throws(E) -> R {
    try body(UnsafeRawBufferPointer(storage))
  }

  /// The bytes, valid only while the caller keeps this object alive.
  var borrowed: UnsafeRawBufferPointer { UnsafeRawBufferPointer(storage) }

  /// Whether both hold the same bytes, in constant time.
  public func isEqual(to other: SecretBytes) -> Bool {
    constantTimeEqual(UnsafeRawBufferPointer(storage), UnsafeRawBufferPointer(other.storage))
  }

  /// The bytes from `start`, `count` of them, as a secret of their own.
  public func slice(_ start: Int, _ count: Int) -> SecretBytes {
    SecretBytes(UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(storage)[start..<(start + count)]))
  }

  /// Never the bytes themselves.
  public var description: String { "SecretBytes(\(count))" }
}
