// SPDX-License-Identifier: Apache-2.0
import CApplication
import CMeshABI
import MeshEventLoop
import MeshNode
import MeshTransportManager
import MeshWire

extension ApplicationPort {
  /// Hands an event with a payload to the sink; false when it has to be offered again.
  @inline(__always)
  func offer(_ header: application_event, meta: UnsafeRawBufferPointer, data: UnsafeRawBufferPointer) -> Bool {
    guard !isSinkFull, waiting.isEmpty else { return false }
    if sink.append(header, meta: meta, data: data) { return true }
    isSinkFull = true
    return false
  }

  /// Tells something that must not be lost: at once, or when there is room.
  func tell(_ header: application_event, meta: [UInt8] = [], data: [UInt8] = []) {
    guard !isClosed else { return }
    let event = PortEvent(header: header, meta: meta, data: data)
    if !waiting.isEmpty || !append(event) { waiting.append(event) }
  }

  func append(_ event: PortEvent) -> Bool {
    if event.meta.isEmpty, event.data.isEmpty { return sink.append(event.header, meta: .empty, data: .empty) }
    return event.meta.withUnsafeBytes { meta in
      event.data.withUnsafeBytes { sink.append(event.header, meta: meta, data: $0) }
    }
  }

  /// Tells what has waited, as far as there is room.
  func tellWaiting() {
    while let event = waiting.first {
      guard append(event) else { return }
      waiting.popFirst()
    }
    tellNews()
    pumpControl()
  }

  /// The number of a peer, once the application knows whose it is.
  @inline(__always)
  func number(of peer: Peer) -> UInt64 {
    let number = peer.handle.rawValue
    let word = Int(truncatingIfNeeded: number >> 6)
    if word >= toldPeers.count || toldPeers[word] & (1 << (number & 63)) == 0 { introduce(peer) }
    return number
  }

  private func introduce(_ peer: Peer) {
    let number = peer.handle.rawValue
    let word = Int(truncatingIfNeeded: number >> 6)
    while toldPeers.count <= word { toldPeers.append(0) }
    toldPeers[word] |= 1 << (number & 63)
    tell(application_event(APP_ON_PEER_NAME, peer: number), data: peer.id.bytes)
  }

  /// There is credit to tell: at the end of this turn, or behind it when that is over.
  func wantCreditTold() {
    guard !isCreditTurnWanted else { return }
    isCreditTurnWanted = true
    node.loop.soon(creditTurn)
  }

  /// Tells what has been confirmed and taken since the last time; credit never overtakes the events it counts.
  func tellCredit() {
    while waiting.isEmpty, let flow = flowsToTell.last {
      guard sink.append(flow.creditEvent, meta: .empty, data: .empty) else { return }
      flow.creditTold()
      flowsToTell.removeLast()
    }
    while waiting.isEmpty, let stream = streamsToTell.last {
      guard sink.append(stream.creditEvent, meta: .empty, data: .empty) else { return }
      stream.creditTold()
      streamsToTell.removeLast()
    }
    while waiting.isEmpty, let answered = answersToTell.last {
      let event = application_event(APP_ON_CREDIT, id: answered.id, value: answered.taken)
      guard answered.isOver || sink.append(event, meta: .empty, data: .empty) else { return }
      answered.told = answered.taken
      answered.isToTell = false
      answersToTell.removeLast()
    }
  }

  /// Readers that had to wait may deliver again.
  func unblockReaders() {
    guard !blockedReaders.isEmpty else { return }
    let readers = blockedReaders
    blockedReaders.removeAll(keepingCapacity: true)
    for reader in readers { reader.unblock(now: node.loop.now) }
  }
}
