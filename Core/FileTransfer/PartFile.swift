// SPDX-License-Identifier: Apache-2.0
import Glibc

/// An open part file, or the finished file when only its hash is missing. Everything that blocks is called by one
/// thread of the pool at a time.
final class PartFile: @unchecked Sendable {
  let offer: FileOffer
  /// Bytes that were there when it was opened.
  let start: UInt64
  /// It has its final name already.
  let isComplete: Bool
  private let folder: TransferFolder
  private let descriptor: Int32
  private let hash = ContentHash()
  private var hashed: UInt64 = 0

  /// Takes over the descriptor.
  init(_ folder: TransferFolder, _ descriptor: Int32, _ offer: FileOffer, start: UInt64, isComplete: Bool) {
    self.folder = folder
    self.descriptor = descriptor
    self.offer = offer
    self.start = start
    self.isComplete = isComplete
  }

  deinit { close(descriptor) }

  /// The hash of the last bytes that are there, at most a block; empty when there are none.
  func tail() -> Result<[UInt8], FileRefusal> {
    Result { () throws(FileRefusal) in
      guard start > 0 else { return [] }
      let block = Block()
      try read(into: block, from: start - min(start, UInt64(FileTransferProtocol.blockSize)), to: start)
      return ContentHash.hash(block.filled)
    }
  }

  /// Hashes the next of the bytes that were there, at most `limit`; returns how many are hashed.
  func hashExisting(limit: UInt64) -> Result<UInt64, FileRefusal> {
    Result { () throws(FileRefusal) in
      let block = Block()
      let end = min(start, hashed + limit)
      while hashed < end {
        try read(into: block, from: hashed, to: end)
        hash.update(block.filled)
        hashed += UInt64(block.count)
      }
      return hashed
    }
  }

  /// Forgets the bytes that were there.
  func restart() -> FileRefusal? {
    guard ftruncate(descriptor, 0) == 0 else { return TransferFolder.refusal(errno, offer.name) }
    _ = hash.finish()
    hashed = 0
    return nil
  }

  /// Adds a block behind what is there.
  func write(_ block: Block) -> FileRefusal? {
    var done = 0
    while done < block.count {
      let count = folder.write(
        descriptor, UnsafeRawPointer(block.memory.baseAddress!) + done, block.count - done,
        off_t(block.offset) + off_t(done))
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { return TransferFolder.refusal(count < 0 ? errno : ENOSPC, offer.name) }
      done += count
    }
    hash.update(block.filled)
    hashed += UInt64(block.count)
    return nil
  }

  /// Compares the content with the sender's digest, puts it on the disk, and gives it its name.
  func finish(_ digest: [UInt8]) -> Result<[UInt8], FileRefusal> {
    Result { () throws(FileRefusal) in
      let own = hash.finish()
      guard own == digest else {
        if isComplete, !offer.force {
          folder.removeMark(of: offer.name)
          throw FileRefusal(.exists, "a file '\(offer.name)' is there already")
        }
        folder.forget(offer.name)
        throw FileRefusal(.mismatch, "the hash of '\(offer.name)' differs from the sender's; the part was removed")
      }
      if isComplete { return own }
      if let modified = offer.modified {
        let time = timespec(tv_sec: Int(modified), tv_nsec: 0)
        _ = [time, time].withUnsafeBufferPointer { futimens(descriptor, $0.baseAddress!) }
      }
      guard fdatasync(descriptor) == 0 else { throw TransferFolder.refusal(errno, offer.name) }
      try folder.publish(offer)
      return own
    }
  }

  /// The sender knows that the file is complete.
  func forgetMark() { folder.removeMark(of: offer.name) }

  private func read(into block: Block, from offset: UInt64, to end: UInt64) throws(FileRefusal) {
    block.clear()
    let wanted = min(block.memory.count, Int(end - offset))
    while block.count < wanted {
      let count = pread(
        descriptor, block.memory.baseAddress! + block.count, wanted - block.count,
        off_t(offset) + off_t(block.count))
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { throw TransferFolder.refusal(count < 0 ? errno : EIO, offer.name) }
      block.count += count
    }
  }
}
