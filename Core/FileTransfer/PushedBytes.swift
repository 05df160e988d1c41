// SPDX-License-Identifier: Apache-2.0

/// Content that somebody else pushes, in order, and whose hash is known before: a client of the daemon, for instance.
///
/// What the receiver has not stored yet is kept, at most `window` bytes, so that a receiver that was restarted can be
/// served again without asking the client for anything twice.
public final class PushedBytes: FileSource {
  /// For error messages: the path or the name.
  public let label: String
  /// Bytes of the whole content.
  public let size: UInt64
  /// 16 bytes that name this content.
  public let transferID: [UInt8]
  /// Modification time, seconds since 1970, where it is known.
  public var modified: UInt64? { nil }
  /// Called when there is more to send, or when no more comes.
  public var onReady: (() -> Void)?
  /// Why no more comes.
  public private(set) var failure: FileTransferError?
  /// Whether work is under way that an answer will come of.
  public var isWorking: Bool { false }
  /// Called once, with the offset at which the client is to begin.
  public var onStart: ((UInt64) -> Void)?
  /// The client may push so many more bytes.
  public var onRoom: ((UInt64) -> Void)?
  /// Bytes that may be kept.
  public let window: UInt64

  private let hash: [UInt8]
  private var isStarted = false
  private var chunks: [[UInt8]] = []
  private var firstChunk = 0
  /// Where the first kept chunk stands.
  private var base: UInt64 = 0
  /// Where what was pushed ends, and where what was granted ends.
  private var end: UInt64 = 0
  private var granted: UInt64 = 0
  /// The next byte to send: a chunk and a place in it.
  private var chunk = 0
  private var used = 0

  /// `digest` is the SHA-256 of the whole content, 32 bytes; the same digest continues an earlier transfer.
  public init(label: String, size: UInt64, digest: [UInt8], window: UInt64 = 16 << 20) {
    self.label = label
    self.size = size
    self.window = window
    hash = digest
    transferID = Array(digest.prefix(FileTransferProtocol.transferIDLength))
  }

  /// Adds what the client has sent; more than was granted is an error of the client's, and not taken.
  public func push(_ bytes: [UInt8]) -> Bool {
    guard end + UInt64(bytes.count) <= granted, failure == nil else { return false }
    guard !bytes.isEmpty else { return true }
    chunks.append(bytes)
    end += UInt64(bytes.count)
    onReady?()
    return true
  }

  /// The client sends no more; it is an error when something is missing.
  public func finish() {
    guard end < size, failure == nil else { return }
    failure = .changed(file: label)
    onReady?()
  }

  /// Gets ready; `then` gets the error, if any.
  public func prepare(then: @escaping (FileTransferError?) -> Void) { then(nil) }

  /// Sets where to begin, from what the receiver has; see `FileSource`.
  public func seek(to offset: UInt64, tail: [UInt8], then: @escaping (Result<UInt64, FileTransferError>) -> Void) {
    if !isStarted {
      isStarted = true
      base = offset
      end = offset
      granted = offset
      then(.success(offset))
      onStart?(offset)
      return grant()
    }
    guard offset >= base, offset <= end else {
      return then(.failure(.cannotGoBack(file: label, offset: offset)))
    }
    var place = base
    chunk = firstChunk
    while chunk < chunks.count, place + UInt64(chunks[chunk].count) <= offset {
      place += UInt64(chunks[chunk].count)
      chunk += 1
    }
    used = Int(offset - place)
    then(.success(offset))
    confirmed(offset)
  }

  /// Hands out the next bytes; see `FileSource`.
  public func take(_ body: (UnsafeRawBufferPointer) -> Int) -> Bool {
    guard chunk < chunks.count else { return false }
    used += chunks[chunk].withUnsafeBytes { body(UnsafeRawBufferPointer(rebasing: $0[used...])) }
    guard used == chunks[chunk].count else { return false }
    chunk += 1
    used = 0
    return true
  }

  /// The receiver has stored so many bytes.
  public func confirmed(_ offset: UInt64) {
    while firstChunk < chunk, base + UInt64(chunks[firstChunk].count) <= offset {
      base += UInt64(chunks[firstChunk].count)
      chunks[firstChunk] = []
      firstChunk += 1
    }
    if firstChunk > 256 {
      chunks.removeFirst(firstChunk)
      chunk -= firstChunk
      firstChunk = 0
    }
    grant()
  }

  /// The hash of the whole content, after all of it was taken.
  public func digest(then: @escaping (Result<[UInt8], FileTransferError>) -> Void) { then(.success(hash)) }

  /// Nothing more is wanted.
  public func close() {
    onReady = nil
    onStart = nil
    onRoom = nil
    chunks.removeAll()
    firstChunk = 0
    chunk = 0
  }

  private func grant() {
    let limit = min(size, base + window)
    guard limit > granted, limit - granted >= min(window / 16, size - granted) else { return }
    let more = limit - granted
    granted = limit
    onRoom?(more)
  }
}
