import CMeshABI
import Glibc
import TransportBytes
// SPDX-License-Identifier: Apache-2.0
import TransportDriver
import WebSocketCore

extension Instance {
  /// A payload from this size on is read straight into its buffer; smaller ones are cheaper to copy than to wait for.
  private static let largePayload = 16_384
  /// Bytes that one link reads before others have their turn.
  private static let linkBytes = 1 << 20

  /// Reads frames until the socket is empty or the link has had its share.
  func receiveFrames(_ link: Link) {
    var share = min(Self.linkBytes, budget)
    resume(link)
    while share > 0, link.phase == .open || link.phase == .closing, !link.isStarved {
      let direct = link.incoming.isActive && !link.incoming.header.opcode.isControl ? link.incoming.missing : 0
      let kept = link.incoming.headerCount
      if kept > 0 { scratch.copyMemory(from: link.incoming.partialHeader, byteCount: kept) }
      let behind = link.incoming.expectsLarge ? FrameHeader.maximumLength : Self.scratchBytes
      let target = direct > 0 ? link.incoming.buffer.data.ptr + Int(link.incoming.buffer.len) : nil
      let count = read(link, target, direct, scratch + kept, behind)
      guard count > 0 else { return }
      share &-= count
      budget &-= count
      let arrivedDirect = min(direct, count)
      if arrivedDirect > 0 { payloadArrived(link, arrivedDirect) }
      let rest = count &- arrivedDirect
      if rest > 0 {
        link.incoming.headerCount = 0
        keep(link, scratch, from: ingest(link, scratch, kept &+ rest), kept &+ rest)
      }
      if link.tls == nil, count < direct &+ behind { return }
    }
    if link.tls != nil, link.phase != .gone, !link.isStarved, !link.hasUnreadTLS {
      link.hasUnreadTLS = true
      unread.append(link)
      host.post(Token(.wake).raw)
    }
  }

  /// Takes up bytes that waited for buffers of the pool.
  private func resume(_ link: Link) {
    guard let stash = link.stash, !stash.isEmpty else { return }
    link.stash = nil
    link.isStarved = false
    let base = stash.bytes
    keep(link, base, from: ingest(link, base, stash.count), stash.count)
  }

  /// Frames that came with the last bytes of the handshake.
  func receiveFrames(_ link: Link, after handshake: ByteBuffer) {
    guard !handshake.isEmpty else { return }
    keep(link, handshake.bytes, from: ingest(link, handshake.bytes, handshake.count), handshake.count)
  }

  private func keep(_ link: Link, _ base: UnsafeMutableRawPointer, from consumed: Int, _ count: Int) {
    guard link.phase != .gone, consumed < count else { return }
    if link.isStarved {
      let stash = ByteBuffer(capacity: count - consumed)
      stash.append(UnsafeRawBufferPointer(start: base + consumed, count: count - consumed))
      link.stash = stash
      setMask(link, link.mask & ~MESH_WATCH_READ)
      starved.append(link)
    } else {
      link.incoming.partialHeader.copyMemory(from: base + consumed, byteCount: count - consumed)
      link.incoming.headerCount = count - consumed
    }
  }

  /// Goes through frames in memory and returns how many bytes it took: all but a partial header, unless buffers ran out.
  private func ingest(_ link: Link, _ base: UnsafeMutableRawPointer, _ count: Int) -> Int {
    var at = 0
    // What follows a close frame is not looked at (RFC 6455, 1.4).
    while link.phase == .open || link.phase == .closing, !link.closeReceived {
      if !link.incoming.isActive {
        let header: FrameHeader?
        do {
          header = try FrameHeader.parse(base + at, available: count &- at, role: link.role)
        } catch {
          violated(link, error)
          return count
        }
        guard let header else { return at }
        guard begin(link, header) else { return at }
        at &+= header.encodedLength
      }
      let part = min(link.incoming.missing, count &- at)
      if link.incoming.header.opcode.isControl {
        (link.incoming.control + link.incoming.received).copyMemory(from: base + at, byteCount: part)
      } else if part > 0 {
        (link.incoming.buffer.data.ptr + Int(link.incoming.buffer.len)).update(
          from: (base + at).assumingMemoryBound(to: UInt8.self), count: part)
      }
      at &+= part
      payloadArrived(link, part)
      if link.incoming.isActive { return at }
    }
    return count
  }

  /// False when the frame cannot begin: the link failed, or no buffer is to be had.
  private func begin(_ link: Link, _ header: FrameHeader) -> Bool {
    if !header.opcode.isControl {
      let isContinuation = header.opcode == .continuation
      if isContinuation != link.incoming.inMessage {
        violated(link, isContinuation ? .continuationWithoutStart : .messageInsideMessage)
        return false
      }
      if header.opcode == .text {
        fail(link, .unsupportedData, "the other end sent text")
        return false
      }
      let before = link.incoming.hasBuffer ? Int(link.incoming.buffer.len) : 0
      guard header.payloadLength <= 65_535 - before else {
        violated(link, .messageTooBig)
        return false
      }
      if !link.incoming.hasBuffer {
        let fitsSmall = header.isFinal && header.payloadLength <= 2048
        guard let buffer = fitsSmall ? small.take(host) : large.take(host) else {
          link.isStarved = true
          return false
        }
        link.incoming.buffer = buffer
        link.incoming.buffer.off = 0
        link.incoming.buffer.len = 0
        link.incoming.hasBuffer = true
      }
      link.incoming.inMessage = !header.isFinal
      link.incoming.expectsLarge = header.payloadLength >= Self.largePayload
    }
    link.incoming.header = header
    link.incoming.received = 0
    link.incoming.isActive = true
    return true
  }

  /// Unmasks `count` new bytes of the payload and hands on what is complete.
  private func payloadArrived(_ link: Link, _ count: Int) {
    let isControl = link.incoming.header.opcode.isControl
    if count > 0 {
      let start: UnsafeMutableRawPointer =
        isControl
        ? link.incoming.control + link.incoming.received
        : UnsafeMutableRawPointer(link.incoming.buffer.data.ptr + Int(link.incoming.buffer.len))
      if let key = link.incoming.header.maskKey {
        Masking.apply(key, to: start, count: count, offset: link.incoming.received)
      }
      link.incoming.received &+= count
      if !isControl { link.incoming.buffer.len &+= UInt32(truncatingIfNeeded: count) }
    }
    guard link.incoming.missing == 0 else { return }
    link.incoming.isActive = false
    if isControl {
      controlArrived(link, link.incoming.header.opcode, link.incoming.control, link.incoming.received)
    } else if link.incoming.header.isFinal {
      link.incoming.hasBuffer = false
      figures.framesIn &+= 1
      figures.bytesIn &+= UInt64(link.incoming.buffer.len)
      link.incoming.buffer.link = link.id
      arrived.append(link.incoming.buffer)
      if arrived.isFull { deliverArrived() }
    }
  }

  private func controlArrived(_ link: Link, _ opcode: Opcode, _ payload: UnsafeMutableRawPointer, _ count: Int) {
    switch opcode {
    case .ping: appendControl(link, .pong, UnsafeRawBufferPointer(start: payload, count: count))
    case .close:
      guard count != 1 else { return violated(link, .closeTooShort) }
      if count >= 2 {
        let code = CloseCode(rawValue: UInt16(bigEndian: payload.loadUnaligned(as: UInt16.self)))
        guard code.isValidOnWire else { return violated(link, .closeCodeInvalid) }
        var validator = UTF8Validator()
        guard validator.append(payload + 2, count: count - 2), validator.isComplete else {
          return violated(link, .invalidUTF8)
        }
      }
      closeArrived(link)
    default: break
    }
  }

  func deliverArrived() {
    if arrived.count > 0 { host.deliver(arrived.storage, arrived.count) }
    arrived.removeAll()
  }
}
