// SPDX-License-Identifier: Apache-2.0
import MeshEventLoop
import MeshMultiplexer
import MeshNode
import MeshWire

/// One file on its way in: takes bytes from its stream into blocks, and has them hashed and written on the pool.
///
/// The sender's side of the stream is: where it begins (8 bytes, big-endian), the content from there, its hash.
final class IncomingFile: StreamHandler {
  private enum Phase {
    case opening, begin, data, digest, verifying, done, refused
  }

  let peer: NodeID
  let worker: FileWorker
  var key: [UInt8] = []
  var offer: FileOffer?
  /// Nothing more is taken from the stream; what was taken is still being written.
  private(set) var isOver = false
  private weak var receiver: FileReceiver?
  private var stream: PeerStream?
  private var phase = Phase.opening
  private var part: PartFile?
  private var outbox: [UInt8] = []
  private var finishes = false
  private var discarded: UInt64 = 0
  private var lastProgress: UInt64

  // The fixed parts of the stream, while they are not complete.
  private var begin: [UInt8] = []
  private var digest: [UInt8] = []

  private var free: [Block] = []
  private var blocks = 0
  private var current: Block?
  private var full: [Block] = []
  private var isBusy = false
  private var isHashed = false
  /// Bytes of the file that were taken, with those that were there.
  private var taken: UInt64 = 0
  private var written: UInt64 = 0

  static let blockLimit = 4
  static let discardLimit: UInt64 = 256 << 20

  init(_ receiver: FileReceiver, _ stream: PeerStream) {
    self.receiver = receiver
    self.stream = stream
    peer = stream.peer.id
    worker = FileWorker(loop: receiver.loop, pool: receiver.pool)
    lastProgress = receiver.loop.now
  }

  /// Looks what is there of the file, and answers.
  func begin(_ offer: FileOffer) {
    guard let receiver, !isOver else { return release() }
    self.offer = offer
    isBusy = true
    let folder = receiver.folder
    let key = self.key
    worker.run(
      { folder.prepare(offer, key: key).flatMap { part in part.tail().map { (part, $0) } } },
      then: { [self] result in
        isBusy = false
        switch result {
        case .success(let (part, tail)):
          self.part = part
          guard !isOver else { return release() }
          phase = .begin
          touch()
          answer(.accept(offset: part.start, tail: tail, isComplete: part.isComplete))
          resume()
        case .failure(let refusal): refuse(refusal)
        }
      })
  }

  // MARK: the stream

  override func received(
    _ bytes: UnsafeRawBufferPointer, on stream: StreamReference, of multiplexer: Multiplexer
  ) -> Int {
    var position = 0
    while position < bytes.count {
      let rest = UnsafeRawBufferPointer(rebasing: bytes[position...])
      switch phase {
      case .opening: return position
      case .begin:
        position += Self.gather(rest, into: &begin, 8)
        if begin.count == 8 { startData() }
      case .data:
        let count = store(rest)
        if count == 0, phase == .data { return position }
        position += count
      case .digest:
        position += Self.gather(rest, into: &digest, FileTransferProtocol.hashLength)
        if digest.count == FileTransferProtocol.hashLength {
          phase = .verifying
          work()
        }
      case .verifying, .done:
        refuse(FileRefusal(.malformed, "bytes follow the hash of the file"))
      case .refused:
        discarded += UInt64(rest.count)
        if discarded > Self.discardLimit { multiplexer.stop(stream, code: StreamCode.cancelled) }
        return bytes.count
      }
    }
    return position
  }

  override func ended(_ stream: StreamReference, code: UInt64?, of multiplexer: Multiplexer) {
    if code == nil { finish() } else { multiplexer.reset(stream, code: StreamCode.cancelled) }
    if code == nil, phase == .done, let part {
      worker.run({ part.forgetMark() }, then: { [self] in over() })
    } else {
      over()
    }
  }

  override func stopped(_ stream: StreamReference, code: UInt64, of multiplexer: Multiplexer) {
    multiplexer.stop(stream, code: StreamCode.cancelled)
    over()
  }

  override func writable(_ stream: StreamReference, of multiplexer: Multiplexer) { flush() }

  /// Cuts the stream off; what was taken is written.
  func abort(code: UInt64) {
    if let stream {
      stream.multiplexer.reset(stream.reference, code: code)
      stream.multiplexer.stop(stream.reference, code: code)
    }
    over()
  }

  /// Says no; what the sender has on the way is thrown away.
  func refuse(_ refusal: FileRefusal) {
    phase = .refused
    full.removeAll()
    current = nil
    answer(.refuse(refusal))
    finish()
    release()
    resume()
  }

  func tick(now: UInt64) {
    guard let receiver, let stream, !isOver else { return }
    if receiver.node?.peers[peer]?.multiplexer !== stream.multiplexer { return over() }
    // A slow sender should see progress, and lose little when it is cut off.
    if let block = current, block.count > 0, full.isEmpty, !isBusy {
      full.append(block)
      current = nil
      work()
    }
    guard worker.isIdle, now > lastProgress, now - lastProgress > receiver.options.idleTimeout else { return }
    abort(code: FileTransferProtocol.idleCode)
  }

  // MARK: content

  private func startData() {
    guard let part, let offer else { return }
    let start = begin.reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    taken = start
    written = start
    if start == 0, part.start > 0 {
      if part.isComplete {
        // Not what the sender has: without the mark the next attempt begins anew, if it may.
        part.forgetMark()
        return refuse(FileRefusal(offer.force ? .mismatch : .exists, "a file '\(offer.name)' is there already"))
      }
      isBusy = true
      isHashed = true
      worker.run({ part.restart() }, then: { [self] refusal in workDone(refusal) })
    } else if start != part.start {
      return refuse(FileRefusal(.malformed, "the sender begins at a byte that was not agreed"))
    }
    phase = start == offer.size ? .digest : .data
    work()
  }

  /// Copies into a block; 0 when all blocks wait to be written.
  private func store(_ bytes: UnsafeRawBufferPointer) -> Int {
    guard let offer else { return 0 }
    if current == nil {
      if let block = free.popLast() {
        current = block
      } else if blocks < Self.blockLimit {
        blocks += 1
        current = Block()
      }
      current?.clear()
      current?.offset = taken
    }
    guard let block = current else { return 0 }
    let wanted = Int(min(UInt64(bytes.count), offer.size - taken))
    let count = block.append(UnsafeRawBufferPointer(rebasing: bytes[..<wanted]))
    taken += UInt64(count)
    receiver?.bytesReceived += UInt64(count)
    if taken == offer.size { phase = .digest }
    if block.room == 0 || taken == offer.size {
      full.append(block)
      current = nil
      work()
    }
    return count
  }

  /// Starts the next piece of work: first what was there is hashed, then blocks are written, then all is verified.
  private func work() {
    guard !isBusy, let part else { return }
    if !isHashed {
      isBusy = true
      worker.run(
        { part.hashExisting(limit: 64 << 20) },
        then: { [self] result in
          switch result {
          case .success(let count):
            isHashed = count == part.start
            workDone(nil)
          case .failure(let refusal): workDone(refusal)
          }
        })
    } else if let block = full.first {
      isBusy = true
      full.removeFirst()
      worker.run(
        { part.write(block) },
        then: { [self] refusal in
          written += UInt64(block.count)
          free.append(block)
          if refusal == nil, outbox.count < 4096 { answer(.written(written)) }
          workDone(refusal)
        })
    } else if phase == .verifying {
      verify(part)
    } else if isOver {
      release()
    }
  }

  private func verify(_ part: PartFile) {
    isBusy = true
    let digest = self.digest
    worker.run(
      { part.finish(digest) },
      then: { [self] result in
        isBusy = false
        switch result {
        case .success(let hash):
          phase = .done
          touch()
          receiver?.filesReceived += 1
          receiver?.onReceived?(peer, part.offer.name, part.offer.size)
          answer(.done(hash: hash))
          if isOver { release() }
        case .failure(let refusal): refuse(refusal)
        }
      })
  }

  private func workDone(_ refusal: FileRefusal?) {
    isBusy = false
    touch()
    if let refusal { return refuse(refusal) }
    guard phase != .refused else { return release() }
    work()
    resume()
  }

  // MARK: ends

  /// The stream is of no more use. What was taken is written, so that the next attempt goes on behind it.
  private func over() {
    guard !isOver else { return }
    isOver = true
    stream = nil
    if phase == .data, let block = current, block.count > 0 { full.append(block) }
    current = nil
    if begin.count < 8 || phase == .done { release() } else { work() }
  }

  /// Lets go of the files, unless the pool still has them.
  private func release() {
    guard !isBusy else { return }
    part = nil
    free.removeAll()
    full.removeAll()
    isOver = true
    receiver?.ended(self)
  }

  // MARK: answers

  private func answer(_ answer: FileAnswer) {
    guard stream != nil else { return }
    outbox += answer.encode()
    flush()
  }

  private func finish() {
    finishes = true
    flush()
  }

  private func flush() {
    guard let stream else { return }
    if !outbox.isEmpty {
      let count = outbox.withUnsafeBytes { try? stream.multiplexer.write($0, to: stream.reference) }
      outbox.removeFirst(count ?? outbox.count)
    }
    if outbox.isEmpty, finishes { stream.multiplexer.finish(stream.reference) }
  }

  private func resume() {
    guard let receiver, let stream else { return }
    stream.multiplexer.resume(stream.reference, now: receiver.loop.now)
  }

  private func touch() { if let receiver { lastProgress = receiver.loop.now } }

  private static func gather(_ bytes: UnsafeRawBufferPointer, into array: inout [UInt8], _ length: Int) -> Int {
    let count = min(bytes.count, length - array.count)
    array.append(contentsOf: bytes[..<count])
    return count
  }
}
