// SPDX-License-Identifier: Apache-2.0
import Glibc

/// An open file and the hash of what was read of it. Used by one thread of the pool at a time.
final class OpenFile: @unchecked Sendable {
  let size: UInt64
  let modified: UInt64
  let transferID: [UInt8]
  private let path: String
  private let descriptor: Int32
  private let identity: [Int]
  private let hash = ContentHash()
  private var hashed: UInt64 = 0
  private var digest: [UInt8]?

  /// Opens a regular file, or takes over a descriptor that is not negative.
  static func open(_ path: String, _ given: Int32) -> Result<OpenFile, FileTransferError> {
    let descriptor = given >= 0 ? given : Glibc.open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { return .failure(.unreadable(file: path, reason: String(cString: strerror(errno)))) }
    var info = stat()
    guard fstat(descriptor, &info) == 0, info.st_mode & S_IFMT == S_IFREG, info.st_size >= 0 else {
      close(descriptor)
      return .failure(.unreadable(file: path, reason: "it is not a regular file"))
    }
    return .success(OpenFile(path, descriptor, info))
  }

  private init(_ path: String, _ descriptor: Int32, _ info: stat) {
    self.path = path
    self.descriptor = descriptor
    size = UInt64(info.st_size)
    modified = UInt64(max(0, info.st_mtim.tv_sec))
    identity = Self.identity(info)
    let id = ContentHash()
    identity.withUnsafeBytes { id.update($0) }
    transferID = Array(id.finish().prefix(FileTransferProtocol.transferIDLength))
  }

  deinit { close(descriptor) }

  /// What is different when somebody has written to the file or put another in its place.
  private static func identity(_ info: stat) -> [Int] {
    [
      Int(info.st_size), info.st_mtim.tv_sec, info.st_mtim.tv_nsec, Int(bitPattern: UInt(info.st_ino)),
      Int(bitPattern: UInt(info.st_dev)),
    ]
  }

  /// `offset` when the bytes before it have the hash `tail`, else 0.
  func start(at offset: UInt64, tail: [UInt8]) -> Result<UInt64, FileTransferError> {
    Result { () throws(FileTransferError) in
      if offset > 0 {
        let block = Block()
        block.offset = offset - min(offset, UInt64(FileTransferProtocol.blockSize))
        try fill(block, to: offset)
        if ContentHash.hash(block.filled) == tail { return offset }
      }
      _ = hash.finish()
      hashed = 0
      digest = nil
      return 0
    }
  }

  /// Hashes on to `offset`, at most `limit` bytes; returns how many are hashed.
  func hash(to offset: UInt64, limit: UInt64) -> Result<UInt64, FileTransferError> {
    Result { () throws(FileTransferError) in
      let end = min(offset, hashed + limit)
      let block = hashed < end ? Block() : nil
      while let block, hashed < end {
        block.clear()
        block.offset = hashed
        try fill(block, to: end)
        hash.update(block.filled)
        hashed += UInt64(block.count)
      }
      return hashed
    }
  }

  /// Reads a block at its offset, and hashes what was not hashed before.
  func read(_ block: Block) -> FileTransferError? {
    do throws(FileTransferError) {
      try fill(block, to: size)
      let end = block.offset + UInt64(block.count)
      if end > hashed, block.offset <= hashed {
        hash.update(UnsafeRawBufferPointer(rebasing: block.filled[Int(hashed - block.offset)...]))
        hashed = end
      }
      return nil
    } catch { return error }
  }

  /// The hash of the whole file, unless it has changed meanwhile.
  func finish() -> Result<[UInt8], FileTransferError> {
    var info = stat()
    guard fstat(descriptor, &info) == 0, Self.identity(info) == identity else { return .failure(.changed(file: path)) }
    if let digest { return .success(digest) }
    let result = hash.finish()
    digest = result
    return .success(result)
  }

  private func fill(_ block: Block, to end: UInt64) throws(FileTransferError) {
    let wanted = Int(min(UInt64(block.memory.count), end - block.offset))
    while block.count < wanted {
      let count = pread(
        descriptor, block.memory.baseAddress! + block.count, wanted - block.count,
        off_t(block.offset) + off_t(block.count))
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw .unreadable(file: path, reason: String(cString: strerror(errno))) }
      guard count > 0 else { throw .changed(file: path) }
      block.count += count
    }
  }
}
