// SPDX-License-Identifier: Apache-2.0

/// 1 MiB of memory that travels between the loop's thread and a thread of the pool. It belongs to one of them at a
/// time: whoever hands it over does not touch it until it comes back.
final class Block: @unchecked Sendable {
  let memory: UnsafeMutableRawBufferPointer
  /// Bytes that are filled.
  var count = 0
  /// Bytes that the reader has used.
  var used = 0
  /// Where it stands in the file.
  var offset: UInt64 = 0

  init() { memory = .allocate(byteCount: FileTransferProtocol.blockSize, alignment: 4096) }
  deinit { memory.deallocate() }

  var room: Int { memory.count - count }
  var unused: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: memory[used..<count]) }
  var filled: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: memory[..<count]) }

  func clear() {
    count = 0
    used = 0
  }

  /// Copies as much as there is room for; returns how much.
  func append(_ bytes: UnsafeRawBufferPointer) -> Int {
    let length = min(room, bytes.count)
    guard length > 0, let source = bytes.baseAddress else { return 0 }
    (memory.baseAddress! + count).copyMemory(from: source, byteCount: length)
    count += length
    return length
  }
}
