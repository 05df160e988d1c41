// SPDX-License-Identifier: Apache-2.0
import CApplication
import CMeshABI
import MeshEventLoop
import MeshMultiplexer
import MeshNode
import MeshObserve
import MeshSession

/// One peer's messages for a served protocol. The sender's credit comes back in the order of sending, whatever the order
/// in which the application releases.
final class ServedReader: PortReader {
  private let served: ServedProtocol
  private let stream: PeerStream
  /// Bytes on the wire of each message that is held, negative once it is released, from `firstSequence` on.
  private var entries = SlidingQueue<Int>()
  private var firstSequence: UInt64 = 0
  private var isEnded = false
  /// Once the conversation is over and something is still held.
  private var late: (any LateReleases)?

  init(_ port: ApplicationPort, _ served: ServedProtocol, _ stream: PeerStream) {
    self.served = served
    self.stream = stream
    super.init(port)
  }

  override func received(_ run: inout MessageRun, on reference: StreamReference, of multiplexer: Multiplexer) {
    guard let port else { return }
    let number = port.number(of: stream.peer)
    while true {
      // Taken only once the application has it.
      var ahead = run
      guard let message = ahead.next() else {
        // What was given up unsent, or came with a carrier, has nothing to be released.
        if ahead.consumed > run.consumed { skip(ahead.consumed - run.consumed) }
        run = ahead
        return
      }
      guard served.heldCount < served.window, !port.isSinkFull else { return block() }
      if let key = message.idempotencyKey {
        switch port.node.core.carriage.wasCarried(key, from: stream.peer.id, name: served.name) {
        case .no: break
        case .isHeld: return block()
        case .wasReleased:
          skip(ahead.consumed - run.consumed)
          run = ahead
          continue
        }
      }
      let id = port.held.hold(self, firstSequence + UInt64(entries.count))
      var header = application_event(MESH_ON_MESSAGE, id: id, token: served.token, peer: number)
      header.value = message.lifetime.map { max($0, 1) } ?? 0
      guard port.offer(header, meta: message.idempotencyKey ?? .empty, data: message.body) else {
        _ = port.held.take(id)
        return block()
      }
      entries.append(ahead.consumed - run.consumed)
      served.heldCount += 1
      run = ahead
    }
  }

  override func received(
    datagram: UnsafeRawBufferPointer, on reference: StreamReference, of multiplexer: Multiplexer
  ) {
    guard let port else { return }
    let header = application_event(MESH_ON_MESSAGE, token: served.token, peer: port.number(of: stream.peer))
    if !port.offer(header, meta: .empty, data: datagram) { port.node.metrics.datagramsUnread.add() }
  }

  /// A repetition counts as released.
  private func skip(_ bytes: Int) {
    entries.append(-bytes)
    guard entries.count == 1, let port else { return }
    // Nothing can be released of what is being read.
    port.node.afterwards { [self] in
      giveBack(now: port.node.loop.now)
      port.node.wantTurn()
    }
  }

  /// The application is done with a message.
  override func released(_ sequence: UInt64, now: UInt64) {
    served.heldCount -= 1
    guard sequence >= firstSequence else { return }
    let index = Int(sequence - firstSequence)
    guard index < entries.count else { return }
    entries[index] = -entries[index]
    if index == 0 { giveBack(now: now) }
  }

  /// Returns the credit of what was released, in the order of sending.
  private func giveBack(now: UInt64) {
    var bytes = 0
    while let entry = entries.first, entry <= 0 {
      bytes -= entry
      entries.popFirst()
      firstSequence += 1
    }
    if let late {
      if bytes > 0 { late.released(bytes) }
    } else {
      stream.multiplexer.release(bytes, of: stream.reference, now: now)
    }
    leaveIfDone()
  }

  override func resume(now: UInt64) { stream.multiplexer.resume(stream.reference, now: now) }

  /// What was not read is refused. After an orderly end of the stream nobody hears of that: it counts as released.
  func stop(now: UInt64) {
    port = nil
    late?.dropped()
    late = nil
    stream.multiplexer.stop(stream.reference, code: StreamCode.noSuchProtocol)
    stream.multiplexer.release(.max, of: stream.reference, now: now)
  }

  override func ended(_ reference: StreamReference, code: UInt64?, of multiplexer: Multiplexer) {
    // After an orderly end what is held can still be released.
    isEnded = true
    if code != nil, late == nil { entries.removeAll() }
    leaveIfDone()
  }

  override func outlives(_ late: any LateReleases, on stream: StreamReference) -> Bool {
    guard port != nil, !entries.isEmpty else { return false }
    self.late = late
    isEnded = true
    return true
  }

  private func leaveIfDone() {
    if isEnded, entries.isEmpty { served.readers.removeAll { $0 === self } }
  }
}
