import CMeshABI
import Glibc
import TransportBytes
// SPDX-License-Identifier: Apache-2.0
import TransportDriver
import TransportTLS
import WebSocketCore

extension Instance {
  /// Bytes of control frames that may wait; a flood of pings is not answered beyond that.
  private static let pendingControl = 4096

  /// Puts a control frame behind those that wait.
  func appendControl(_ link: Link, _ opcode: Opcode, _ payload: UnsafeRawBufferPointer) {
    guard !link.closeSent, opcode == .close || link.pending.count < Self.pendingControl else { return }
    let key = link.role == .client ? link.masks.next() : nil
    let header = FrameHeader(opcode: opcode, payloadLength: payload.count, maskKey: key)
    let target = link.pending.reserve(header.encodedLength + payload.count)
    let length = header.write(to: target)
    if let base = payload.baseAddress { (target + length).copyMemory(from: base, byteCount: payload.count) }
    if let key { Masking.apply(key, to: target + length, count: payload.count) }
    link.pending.commit(length + payload.count)
    touch(link)
  }

  private func appendClose(_ link: Link, _ code: CloseCode) {
    withUnsafeBytes(of: code.rawValue.bigEndian) { appendControl(link, .close, $0) }
    link.closeSent = true
  }

  /// The host ends the link.
  func disconnect(_ link: Link, gracefully: Bool) {
    guard link.wasUp else { return end(link, Failure(MESH_E_CANCELLED, MESH_CLASS_NONE, "given up on request")) }
    guard gracefully else { return end(link, Failure(MESH_E_CLOSED, MESH_CLASS_NONE, "closed on request")) }
    guard link.phase == .open else { return }
    link.phase = .closing
    link.ending = Failure(MESH_E_CLOSED, MESH_CLASS_NONE, "closed on request")
    setDeadline(link, host.now() &+ settings.closeTimeout)
    touch(link)
  }

  /// The other end said goodbye: answer, and end when the answer has left.
  func closeArrived(_ link: Link) {
    link.closeReceived = true
    if link.phase == .open {
      link.phase = .closing
      link.ending = Failure(MESH_E_CLOSED, MESH_CLASS_PEER, "the other end closed the link")
      setDeadline(link, host.now() &+ settings.closeTimeout)
    }
    dropQueue(link, keepStarted: true)
    touch(link)
  }

  /// What remains to be done for a goodbye once everything has been written.
  func afterFlush(_ link: Link) {
    guard link.phase == .closing else { return }
    if !link.closeSent {
      appendClose(link, .normal)
      return flush(link)
    }
    if link.closeReceived { end(link, link.ending) }
  }

  func violated(_ link: Link, _ violation: ProtocolViolation) {
    figures.violations &+= 1
    fail(link, violation.closeCode, "\(violation.explanation)")
  }

  /// Says why in a close frame if the socket takes it, and ends the link.
  func fail(_ link: Link, _ code: CloseCode, _ sentence: String) {
    link.ending = Failure(MESH_E_PROTOCOL, MESH_CLASS_PEER, sentence)
    dropQueue(link, keepStarted: true)
    if !link.closeSent { appendClose(link, code) }
    link.phase = .closing
    link.closeReceived = true
    budget = max(budget, 1)
    flush(link)
    if link.phase != .gone { end(link, link.ending) }
  }

  /// Completes what cannot be sent any more. A frame that is sent in part stays, for the framing's sake.
  func dropQueue(_ link: Link, keepStarted: Bool) {
    let keep = keepStarted && link.queue.sent > 0 ? 1 : 0
    var dropped: [mesh_buf] = []
    while link.queue.count > keep { dropped.append(link.queue.removeLast()) }
    for buffer in dropped.reversed() { complete(buffer, MESH_E_CLOSED) }
  }

  /// The end of a link in whatever state: buffers go back, then the host hears of it.
  func end(_ link: Link, _ failure: Failure) {
    guard link.phase != .gone else { return }
    link.phase = .gone
    if link.descriptor >= 0 {
      if let tls = link.tls, link.closeSent, tls.output.isEmpty {
        tls.close()
        _ = Glibc.send(link.descriptor, tls.output.bytes, tls.output.count, Int32(MSG_NOSIGNAL))
      }
      host.unwatch(link.descriptor)
      close(link.descriptor)
      link.descriptor = -1
    }
    closeAttempts(link)
    dropQueue(link, keepStarted: false)
    giveBackCompleted()
    deliverArrived()
    if link.incoming.hasBuffer {
      host.put(&link.incoming.buffer, 1)
      link.incoming.hasBuffer = false
    }
    link.stash = nil
    let kind = link.wasUp ? MESH_EVENT_DOWN : MESH_EVENT_FAILED
    forget(link)
    report(kind, link: link.id, failure)
  }
}
