// SPDX-License-Identifier: Apache-2.0
import CApplication
import CMeshABI
import MeshEventLoop
import MeshMultiplexer
import MeshNode
import MeshSession
import MeshWire

/// A stream of bytes between an application and a peer, whoever opened it.
final class PortStream: PortReader {
  let id: UInt64
  let token: UInt64
  let peer: Peer
  /// Nil until it could be opened.
  var stream: PeerStream?
  /// What to open it with, while it waits.
  var preamble: StreamPreamble?

  // What the application sends.
  private var pending = SlidingQueue<[UInt8]>()
  /// Bytes of the first pending piece that are written already.
  private var writtenOfFirst = 0
  private var accepted: UInt64 = 0
  private var taken: UInt64 = 0
  private var told: UInt64 = 0
  private var isToTell = false
  private var isFinishing = false
  /// Our side is finished, reset or stopped.
  private var isSendingOver = false
  /// The peer's side has ended and the application was told.
  private var isReceivingOver = false
  /// Bytes told and not released.
  private var unreleased = 0

  /// Bytes of one event at most.
  static let pieceLimit = 128 << 10

  init(_ port: ApplicationPort, id: UInt64, token: UInt64, peer: Peer) {
    self.id = id
    self.token = token
    self.peer = peer
    super.init(port)
  }

  // MARK: what the application sends

  /// Takes bytes, now or when there is room.
  func write(_ command: ApplicationCommand) throws(ApplicationFault) {
    guard !isFinishing else { throw ApplicationFault("bytes behind the end of stream \(id)") }
    let cost = command.cost
    guard accepted == told || accepted - told + cost <= UInt64(APP_WINDOW) else {
      throw ApplicationFault("more than the credit of stream \(id)")
    }
    accepted += cost
    guard !isSendingOver else { return noteTaken(cost) }
    var rest = command.data
    if pending.isEmpty {
      let count = pass(rest)
      rest = UnsafeRawBufferPointer(rebasing: rest[count...])
      if rest.isEmpty { return noteTaken(cost) }
      noteTaken(cost - UInt64(ApplicationCommand.headerSize + rest.count))
    }
    pending.append(Array(rest))
  }

  /// How many bytes the stream takes now.
  private func pass(_ bytes: UnsafeRawBufferPointer) -> Int {
    guard let stream else { return 0 }
    do throws(SendRefusal) {
      return try stream.multiplexer.write(bytes, to: stream.reference)
    } catch {
      // What ended it is told by its own event.
      return bytes.count
    }
  }

  func drain() {
    while let piece = pending.first {
      let rest = piece.count - writtenOfFirst
      let count = piece.withUnsafeBytes { pass(UnsafeRawBufferPointer(rebasing: $0[writtenOfFirst...])) }
      guard count == rest else {
        writtenOfFirst += count
        return noteTaken(UInt64(count))
      }
      pending.popFirst()
      writtenOfFirst = 0
      noteTaken(UInt64(count + ApplicationCommand.headerSize))
    }
    if isFinishing { endSending() }
  }

  private func noteTaken(_ cost: UInt64) {
    taken += cost
    guard !isToTell, cost > 0, let port else { return }
    isToTell = true
    port.streamsToTell.append(self)
    port.wantCreditTold()
  }

  var creditEvent: application_event { application_event(APP_ON_CREDIT, id: id, value: taken) }

  func creditTold() {
    isToTell = false
    told = taken
  }

  /// The application sends no more.
  func finish() {
    guard !isFinishing else { return }
    isFinishing = true
    if pending.isEmpty { endSending() }
  }

  private func endSending() {
    guard let stream else { return }
    stream.multiplexer.finish(stream.reference)
    isSendingOver = true
    forgetIfOver()
  }

  /// Both sides are cut off; the application hears nothing more of it.
  func reset(_ code: UInt64) {
    if let stream, let port {
      stream.multiplexer.release(unreleased, of: stream.reference, now: port.node.loop.now)
      stream.multiplexer.stop(stream.reference, code: code)
      stream.multiplexer.reset(stream.reference, code: code)
    }
    unreleased = 0
    isSendingOver = true
    isReceivingOver = true
    forgetIfOver()
    port = nil
  }

  /// The application is gone.
  func abandon() { reset(StreamCode.cancelled) }

  private func forgetIfOver() {
    guard isSendingOver, isReceivingOver, unreleased == 0 || stream == nil else { return }
    port?.forget(self)
  }

  // MARK: what the peer sends

  override func received(
    _ bytes: UnsafeRawBufferPointer, on reference: StreamReference, of multiplexer: Multiplexer
  ) -> Int {
    guard let port else { return bytes.count }
    var taken = 0
    while taken < bytes.count {
      let end = min(bytes.count, taken + Self.pieceLimit)
      let piece = UnsafeRawBufferPointer(rebasing: bytes[taken..<end])
      let header = application_event(MESH_ON_DATA, id: id, token: token, peer: port.number(of: peer))
      guard port.offer(header, meta: .empty, data: piece) else {
        block()
        break
      }
      taken = end
    }
    unreleased += taken
    return taken
  }

  /// The application is done with so many bytes.
  func release(_ count: UInt64) {
    guard let stream, let port else { return }
    let count = Int(min(count, UInt64(unreleased)))
    unreleased -= count
    stream.multiplexer.release(count, of: stream.reference, now: port.node.loop.now)
    forgetIfOver()
  }

  override func resume(now: UInt64) {
    if let stream { stream.multiplexer.resume(stream.reference, now: now) }
  }

  override func ended(_ reference: StreamReference, code: UInt64?, of multiplexer: Multiplexer) {
    end(code.map { StreamFate($0, own: MESH_E_RESET) })
    if let code, code == StreamCode.peerRestarted || code == StreamCode.sessionEnded { stopSending(code) }
  }

  /// Tells the application that the peer's side is over.
  func end(_ fate: StreamFate?) {
    guard !isReceivingOver, let port else { return }
    isReceivingOver = true
    var header = application_event(MESH_ON_STREAM_END, id: id, token: token, peer: port.number(of: peer))
    header.code = fate?.code ?? MESH_OK
    header.value = fate?.value ?? 0
    if fate != nil { unreleased = 0 }
    port.tell(header)
    forgetIfOver()
  }

  override func stopped(_ reference: StreamReference, code: UInt64, of multiplexer: Multiplexer) {
    guard !isSendingOver, let port else { return }
    var header = application_event(MESH_ON_STREAM_STOP, id: id, token: token, peer: port.number(of: peer))
    let fate = StreamFate(code)
    header.code = fate.code
    header.value = fate.value
    port.tell(header)
    stopSending(code)
  }

  /// Nobody reads what the application writes: it counts as taken.
  private func stopSending(_ code: UInt64) {
    isSendingOver = true
    pending.removeAll()
    noteTaken(accepted - taken)
    forgetIfOver()
  }

  override func writable(_ reference: StreamReference, of multiplexer: Multiplexer) { drain() }
}
