// SPDX-License-Identifier: Apache-2.0
import CQUIC

/// Pieces of memory that are filled, sent, and free again once acknowledged.
final class Ring {
  private let memory: UnsafeMutableRawBufferPointer
  private let pieces: Int
  private let size: Int
  private var filled = 0
  private var taken = 0
  private var freed = 0

  init(pieces: Int, size: Int) {
    memory = .allocate(byteCount: pieces * size, alignment: 64)
    self.pieces = pieces
    self.size = size
  }

  deinit { memory.deallocate() }

  var isFull: Bool { filled - freed / size == pieces }
  var isIdle: Bool { freed / size == filled }

  /// The next piece to fill, which counts as filled.
  func next() -> UnsafeMutableRawBufferPointer {
    let start = filled % pieces * size
    filled += 1
    return UnsafeMutableRawBufferPointer(rebasing: memory[start..<start + size])
  }

  /// Copies a whole piece.
  func put(_ bytes: UnsafeRawBufferPointer) {
    guard bytes.count == size, !isFull else { Main.fail("a message came in parts") }
    next().copyMemory(from: bytes)
  }

  func take(_ vectors: UnsafeMutablePointer<cquic_vector>) -> Bool {
    guard taken < filled, let base = memory.baseAddress else { return false }
    let bytes = (base + taken % pieces * size).assumingMemoryBound(to: UInt8.self)
    vectors[0] = cquic_vector(bytes: bytes, length: size)
    taken += 1
    return true
  }

  func free(_ count: Int) { freed += count }
}
