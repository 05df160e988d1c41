// SPDX-License-Identifier: Apache-2.0
import MeshEventLoop
import MeshMultiplexer
import MeshNode
import MeshSession
import MeshWire

/// One file on its way out, over as many streams as it takes. Made by `FileSender.send`.
public final class OutgoingFile: StreamHandler {
  private enum Phase {
    case preparing, offering, seeking, sending, digesting, verifying, pausing, over
  }

  /// The name at the receiver.
  public let name: String
  /// Where the file goes.
  public let peer: NodeID
  // The sender keeps the file, and the node keeps it as the handler of its stream.
  private weak var sender: FileSender?
  private let backlink: Backlink<NodeCore>
  private var node: NodeCore? { backlink.object }
  private let loop: EventLoop
  private let options: FileSenderOptions
  private let source: any FileSource
  private let force: Bool
  private let trafficClass: TrafficClass
  /// Nil after the end: the one who is told often holds the file.
  private var report: ((FileProgress) -> Void)?
  private let timer = SenderTimer()
  private let startedAt: UInt64

  private var phase = Phase.preparing
  private var stream: PeerStream?
  private var answers = FileAnswerReader()
  private var outbox: [UInt8] = []
  private var offset: UInt64 = 0
  private var digest: [UInt8]?
  private var attempts: UInt64 = 0
  private var retryAt: UInt64 = 0
  private var retryDelay: UInt64
  private var mismatches = 0
  private var stored: UInt64 = 0
  private var resumedAt: UInt64?
  private var bytesSent: UInt64 = 0
  private var lastProgress: UInt64
  private var lastReport: UInt64 = 0
  private var lastState: FileProgress.State?
  private var lastStored: UInt64 = 0

  static let tick: UInt64 = 100_000_000

  init(
    _ sender: FileSender, _ source: any FileSource, to peer: NodeID, name: String, force: Bool,
    trafficClass: TrafficClass, progress: @escaping (FileProgress) -> Void
  ) {
    self.sender = sender
    backlink = sender.node.backlink
    loop = sender.loop
    options = sender.options
    self.source = source
    self.peer = peer
    self.name = name
    self.force = force
    self.trafficClass = trafficClass
    report = progress
    startedAt = loop.now
    lastProgress = loop.now
    retryDelay = options.firstRetry
  }

  var isWorking: Bool { source.isWorking }

  func start() {
    timer.file = self
    _ = loop.schedule(at: loop.now, handler: timer)
    source.onReady = { [weak self] in self?.pump() }
    source.prepare { [weak self] error in
      guard let self, phase == .preparing else { return }
      if let error { return fail(error) }
      // Refused here, so that a wrong name needs no answer from the peer.
      if let fault = FileName.fault(of: name) {
        return fail(.refused(file: source.label, FileRefusal(.badName, fault)))
      }
      offer()
    }
  }

  /// Gives the transfer up. The part at the receiver stays, and the same transfer can be begun again.
  public func cancel() {
    guard phase != .over else { return }
    fail(.cancelled(file: source.label))
  }

  // MARK: attempts

  private func offer() {
    let offer = FileOffer(
      name: name, size: source.size, modified: source.modified, transferID: source.transferID, force: force)
    let preamble = StreamPreamble(
      kind: .bytes, trafficClass: trafficClass, name: FileTransferProtocol.name, metadata: offer.encode())
    answers = FileAnswerReader()
    outbox.removeAll()
    phase = .offering
    guard let node else { return fail(.cancelled(file: source.label)) }
    do throws(NodeError) {
      stream = try node.open(preamble, to: peer, handler: self, now: loop.now)
      tell(attempts > 0 ? .resuming : .waiting)
    } catch .unknownPeer {
      fail(.unknownPeer(file: source.label))
    } catch { pause() }
  }

  /// The stream is gone; there will be another one.
  private func pause() {
    close(code: StreamCode.cancelled)
    phase = .pausing
    attempts += 1
    retryAt = loop.now + retryDelay
    retryDelay = min(retryDelay * 2, options.longestRetry)
    tell(.resuming)
  }

  private func close(code: UInt64) {
    guard let stream else { return }
    self.stream = nil
    stream.multiplexer.reset(stream.reference, code: code)
    stream.multiplexer.stop(stream.reference, code: code)
  }

  private func isCurrent(_ reference: StreamReference, _ multiplexer: Multiplexer) -> Bool {
    guard let stream else { return false }
    return stream.reference == reference && stream.multiplexer === multiplexer
  }

  // MARK: the stream

  override public func received(
    _ bytes: UnsafeRawBufferPointer, on stream: StreamReference, of multiplexer: Multiplexer
  ) -> Int {
    guard isCurrent(stream, multiplexer) else { return bytes.count }
    guard let records = answers.read(bytes) else {
      fail(.malformedAnswer(file: source.label))
      return bytes.count
    }
    for record in records where isCurrent(stream, multiplexer) { take(record) }
    return bytes.count
  }

  override public func ended(_ stream: StreamReference, code: UInt64?, of multiplexer: Multiplexer) {
    if isCurrent(stream, multiplexer) { cut(code ?? StreamCode.failed) }
  }

  override public func stopped(_ stream: StreamReference, code: UInt64, of multiplexer: Multiplexer) {
    if isCurrent(stream, multiplexer) { cut(code) }
  }

  override public func writable(_ stream: StreamReference, of multiplexer: Multiplexer) { pump() }

  private func cut(_ code: UInt64) {
    switch code {
    case StreamCode.noSuchProtocol, StreamCode.notAllowed: fail(.closed(file: source.label, code: code))
    default: pause()
    }
  }

  private func take(_ answer: FileAnswer) {
    switch answer {
    case .accept(let offset, let tail, _):
      guard phase == .offering, offset <= source.size else { return fail(.malformedAnswer(file: source.label)) }
      phase = .seeking
      touch()
      stored = offset
      if offset > 0 { tell(.hashing) }
      source.seek(to: offset, tail: tail) { [weak self] result in self?.begin(result) }
    case .written(let offset):
      guard offset <= source.size else { return fail(.malformedAnswer(file: source.label)) }
      touch()
      stored = max(stored, offset)
      retryDelay = options.firstRetry
      source.confirmed(offset)
    case .refuse(let refusal): refused(refusal)
    case .done(let hash):
      guard phase == .verifying, hash == digest else { return fail(.malformedAnswer(file: source.label)) }
      stored = source.size
      if let stream { stream.multiplexer.finish(stream.reference) }
      stream = nil
      end(
        .done(
          FileOutcome(
            size: source.size, digest: hash, duration: loop.now - startedAt, resumedAt: resumedAt ?? 0,
            retries: attempts, bytesSent: bytesSent)))
    }
  }

  private func refused(_ refusal: FileRefusal) {
    switch refusal.code {
    case .busy: pause()
    case .mismatch where mismatches == 0:
      // The part may have been damaged on the disk: once more, from the beginning.
      mismatches += 1
      stored = 0
      pause()
    default: fail(.refused(file: source.label, refusal))
    }
  }

  private func begin(_ result: Result<UInt64, FileTransferError>) {
    guard phase == .seeking else { return }
    switch result {
    case .success(let start):
      if resumedAt == nil { resumedAt = start }
      offset = start
      stored = start
      outbox = withUnsafeBytes(of: start.bigEndian) { Array($0) }
      phase = .sending
      touch()
      tell(.sending)
      pump()
    case .failure(let error): fail(error)
    }
  }

  /// Hands over what there is and what the stream takes.
  private func pump() {
    guard phase != .over else { return }
    if let error = source.failure { return fail(error) }
    guard let stream, flush(stream), phase == .sending else { return }
    while offset < source.size {
      var count = 0
      let isAll = source.take { bytes in
        count = (try? stream.multiplexer.write(bytes, to: stream.reference)) ?? 0
        return count
      }
      offset += UInt64(count)
      bytesSent += UInt64(count)
      guard isAll else { return }
    }
    phase = .digesting
    source.digest { [weak self] result in self?.finish(result) }
  }

  private func finish(_ result: Result<[UInt8], FileTransferError>) {
    guard phase == .digesting else { return }
    switch result {
    case .success(let hash):
      digest = hash
      outbox += hash
      phase = .verifying
      touch()
      pump()
    case .failure(let error): fail(error)
    }
  }

  /// Whether nothing is left to write before the content.
  private func flush(_ stream: PeerStream) -> Bool {
    guard !outbox.isEmpty else { return true }
    let count = outbox.withUnsafeBytes { try? stream.multiplexer.write($0, to: stream.reference) }
    outbox.removeFirst(count ?? outbox.count)
    return outbox.isEmpty
  }

  // MARK: time

  fileprivate func tick() {
    guard phase != .over else { return }
    let now = loop.now
    if source.isWorking, phase != .verifying { touch() }
    if let stream, node?.peers[peer]?.multiplexer !== stream.multiplexer { pause() }
    if now > lastProgress, now - lastProgress > options.patience {
      return fail(.stalled(file: source.label, seconds: options.patience / 1_000_000_000))
    }
    if phase == .pausing, now >= retryAt { offer() }
    guard phase != .over else { return }
    tell(state)
    _ = loop.schedule(at: now + Self.tick, handler: timer)
  }

  private var state: FileProgress.State {
    let isConnected = !(node?.peers[peer]?.links.isEmpty ?? true)
    switch phase {
    case .preparing: return .waiting
    case .seeking: return .hashing
    case .offering: return attempts > 0 ? .resuming : .waiting
    case .pausing: return .resuming
    case .sending: return isConnected ? .sending : .waiting
    // Verifying begins when the receiver has all of it; before that, bytes are still on their way.
    case .digesting, .verifying:
      return !isConnected ? .waiting : stored == source.size ? .verifying : .sending
    case .over: return lastState ?? .waiting
    }
  }

  private func touch() { lastProgress = loop.now }

  private func tell(_ state: FileProgress.State) {
    let now = loop.now
    let isSame = state == lastState
    guard !isSame || (stored != lastStored && now - lastReport >= Self.tick) else { return }
    lastState = state
    lastStored = stored
    lastReport = now
    report?(FileProgress(state: state, done: stored, total: source.size))
  }

  private func fail(_ error: FileTransferError) {
    guard phase != .over else { return }
    end(.failed(error))
    close(code: StreamCode.cancelled)
  }

  private func end(_ state: FileProgress.State) {
    phase = .over
    timer.file = nil
    source.close()
    sender?.ended(self)
    tell(state)
    report = nil
  }
}

/// Looks after attempts and reports.
private final class SenderTimer: EventHandler {
  weak var file: OutgoingFile?
  override func expired(token: UInt64) { file?.tick() }
}
