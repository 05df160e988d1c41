// SPDX-License-Identifier: Apache-2.0
import Glibc
import MeshEventLoop

/// A file of this machine as source: read ahead and hashed on the pool, in a few blocks that go round.
public final class LocalFile: FileSource {
  /// For error messages: the path or the name.
  public let label: String
  /// Bytes of the whole content.
  public private(set) var size: UInt64 = 0
  /// Modification time, seconds since 1970, where it is known.
  public private(set) var modified: UInt64?
  /// 16 bytes that name this content.
  public private(set) var transferID: [UInt8] = []
  /// Called when there is more to send, or when no more comes.
  public var onReady: (() -> Void)?
  /// Why no more comes.
  public private(set) var failure: FileTransferError?

  private let worker: FileWorker
  private var file: OpenFile?
  private var free: [Block] = []
  private var blocks = 0
  private var ready: [Block] = []
  private var readOffset: UInt64 = 0
  /// Answers to what was asked for before the last `seek` are of no use.
  private var generation = 0
  private var mayRead = false
  private let descriptor: Int32

  static let blockLimit = 4

  /// The file at a path, opened by `prepare`.
  public convenience init(path: String, loop: EventLoop, offload: OffloadPool) {
    self.init(path: path, descriptor: -1, loop: loop, offload: offload)
  }

  /// A file that is open for reading; the descriptor is taken over. `path` is for messages.
  public init(path: String, descriptor: Int32, loop: EventLoop, offload: OffloadPool) {
    label = path
    self.descriptor = descriptor
    worker = FileWorker(loop: loop, pool: offload)
  }

  /// Whether work is under way that an answer will come of.
  public var isWorking: Bool { !worker.isIdle }

  /// Gets ready; `then` gets the error, if any.
  public func prepare(then: @escaping (FileTransferError?) -> Void) {
    let path = label
    let descriptor = self.descriptor
    worker.run({ OpenFile.open(path, descriptor) }) { [self] result in
      switch result {
      case .success(let file):
        self.file = file
        size = file.size
        modified = file.modified
        transferID = file.transferID
        then(nil)
      case .failure(let error):
        failure = error
        then(error)
      }
    }
  }

  /// Sets where to begin, from what the receiver has; see `FileSource`.
  public func seek(to offset: UInt64, tail: [UInt8], then: @escaping (Result<UInt64, FileTransferError>) -> Void) {
    guard let file else { return }
    generation += 1
    mayRead = false
    free += ready
    ready.removeAll()
    let generation = self.generation
    worker.run({ file.start(at: offset, tail: tail) }) { [self] result in
      guard generation == self.generation else { return }
      switch result {
      case .success(let start): hashPrefix(to: start, file, generation, then)
      case .failure(let error): then(.failure(error))
      }
    }
  }

  /// What the receiver has already must be hashed here too; a piece at a time, so that it can be given up.
  private func hashPrefix(
    to start: UInt64, _ file: OpenFile, _ generation: Int,
    _ then: @escaping (Result<UInt64, FileTransferError>) -> Void
  ) {
    worker.run({ file.hash(to: start, limit: 64 << 20) }) { [self] result in
      guard generation == self.generation else { return }
      switch result {
      case .success(let hashed) where hashed >= start:
        readOffset = start
        mayRead = true
        then(.success(start))
        fill()
      case .success: hashPrefix(to: start, file, generation, then)
      case .failure(let error): then(.failure(error))
      }
    }
  }

  /// Hands out the next bytes; see `FileSource`.
  public func take(_ body: (UnsafeRawBufferPointer) -> Int) -> Bool {
    guard let block = ready.first else { return false }
    block.used += body(block.unused)
    guard block.used == block.count else { return false }
    free.append(ready.removeFirst())
    fill()
    return true
  }

  /// The receiver has stored so many bytes.
  public func confirmed(_ offset: UInt64) {}

  /// The hash of the whole content, after all of it was taken.
  public func digest(then: @escaping (Result<[UInt8], FileTransferError>) -> Void) {
    guard let file else { return }
    let generation = self.generation
    worker.run({ file.finish() }) { [self] result in if generation == self.generation { then(result) } }
  }

  /// Nothing more is wanted.
  public func close() {
    generation += 1
    mayRead = false
    file = nil
    onReady = nil
  }

  private func fill() {
    while mayRead, failure == nil, readOffset < size, let file {
      let block: Block
      if let last = free.popLast() {
        block = last
      } else if blocks < Self.blockLimit {
        blocks += 1
        block = Block()
      } else {
        return
      }
      block.clear()
      block.offset = readOffset
      readOffset += min(size - readOffset, UInt64(FileTransferProtocol.blockSize))
      let generation = self.generation
      worker.run({ file.read(block) }) { [self] error in
        guard generation == self.generation else { return free.append(block) }
        if let error { failure = error } else { ready.append(block) }
        onReady?()
      }
    }
  }
}
