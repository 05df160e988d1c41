// SPDX-License-Identifier: Apache-2.0

import MeshSession
import MeshWire

extension Multiplexer {
  static let endFlag: UInt8 = 1
  /// Bytes of a packet that an unreliable message cannot use: its header, and an acknowledgement that rides along.
  public static let datagramOverhead = MultiplexerFrame.streamHeaderRoom + 64
  /// A piece smaller than this is not cut off a longer run just to fill a packet.
  static let smallestPiece = 48

  /// See `FrameLayer.fill`: control frames first, then the streams of the class in turn.
  public func fill(
    _ space: UnsafeMutableRawBufferPointer, of trafficClass: TrafficClass, records: inout FrameRecordList, now: UInt64
  ) -> Int {
    var at = writeControl(space, records: &records, now: now)
    guard trafficClass != .control || !active[0].isEmpty else { return at }
    let index = Int(trafficClass.rawValue)
    var turns = active[index].count
    while turns > 0, !records.isFull, space.count - at > MultiplexerFrame.streamHeaderRoom,
      let slot = active[index].first
    {
      turns -= 1
      let stream = streams[Int(slot)]
      guard stream.queuedClass == trafficClass else {
        active[index].popFirst()
        continue
      }
      if stream.lifetimeAt != nil { fillInLifetime(stream, now: now) }
      let written = writeFrames(
        of: stream, into: UnsafeMutableRawBufferPointer(rebasing: space[at...]), records: &records)
      at += written
      active[index].popFirst()
      if stream.isOpen, hasMore(stream) { active[index].append(slot) } else { stream.isQueued = false }
    }
    scheduler.served(trafficClass, bytes: at)
    return at
  }

  private func hasMore(_ stream: Stream) -> Bool {
    stream.resetCode == nil
      && (!stream.lost.isEmpty || stream.finDue || stream.hasNewBytes(window: peer.streamWindow)
        || !stream.datagrams.isEmpty)
  }

  /// A request tells what is left of its deadline as it leaves, not as it was when it was queued.
  private func fillInLifetime(_ stream: Stream, now: UInt64) {
    guard let at = stream.lifetimeAt else { return }
    guard at >= stream.sent else {
      stream.lifetimeAt = nil
      return
    }
    // Rounded up: the server never gives up before the caller does.
    let left = min(stream.lifetimeEnd - min(now, stream.lifetimeEnd), 1 << 62)
    let milliseconds = (left + 999_999) / 1_000_000
    for index in 0..<8 {
      stream.ring.set(UInt8(truncatingIfNeeded: milliseconds >> UInt64(56 - 8 * index)), at: at + UInt64(index))
    }
  }

  /// Bytes of the session's window that a stream may use now. A stream whose message is larger than what fits gets the
  /// last quarter alone: else several unfinished messages could fill the window for ever.
  private func sessionCredit(for stream: Stream) -> UInt64 {
    let credit = sessionPeerReleased + peer.sessionWindow - sessionSent
    let reserve = peer.sessionWindow / 4
    guard let favoured, favoured != stream.reference else { return credit }
    if let other = self.stream(favoured), other.peerLimit > other.peerReleased + peer.streamWindow,
      other.sent < other.ring.end, other.resetCode == nil
    {
      return credit - min(credit, reserve)
    }
    if credit <= reserve { self.favoured = nil }
    return credit
  }

  private func writeFrames(
    of stream: Stream, into space: UnsafeMutableRawBufferPointer, records: inout FrameRecordList
  ) -> Int {
    var at = 0
    guard stream.isOpen, stream.resetCode == nil else { return 0 }
    while !records.isFull {
      let room = space.count - at - MultiplexerFrame.streamHeaderRoom
      guard room > 0 else { break }
      let from: UInt64
      var length: UInt64
      if let range = stream.lost.first {
        from = range.lower
        length = min(range.upper - range.lower, UInt64(room))
        if length < range.upper - range.lower, room < Self.smallestPiece { break }
        stream.lost.remove(from, from + length)
        counters.bytesRepeated += length
      } else if stream.hasNewBytes(window: peer.streamWindow) || stream.finDue {
        from = stream.sent
        let waiting = min(stream.ring.end, stream.limit(window: peer.streamWindow))
        length = waiting > from ? min(waiting - from, sessionCredit(for: stream), UInt64(room)) : 0
        if length == 0, !stream.finDue { break }
        if UInt64(room) < waiting - min(from, waiting), room < Self.smallestPiece { break }
        stream.sent += length
        sessionSent += length
        counters.bytesSent += length
      } else {
        break
      }
      if stream.sent >= stream.nextSentEnd { queueSentReport(stream) }
      let ends = stream.finQueued && from + length == stream.ring.end
      if ends { stream.finSent = true }
      let base = space.baseAddress! + at
      base.storeBytes(of: ends ? MultiplexerFrame.streamEnd : MultiplexerFrame.stream, as: UInt8.self)
      var used = 1
      used += Varint.encode(stream.id, to: base + used)
      used += Varint.encode(from, to: base + used)
      used += Varint.encode(length, to: base + used)
      stream.ring.copy(from: from, count: Int(length), to: base + used)
      at += used + Int(length)
      records.append(
        FrameRecord(
          offset: from, slot: stream.slot, generation: stream.generation, length: UInt32(length),
          kind: MultiplexerFrame.stream, flags: ends ? Self.endFlag : 0))
    }
    return at
      + writeDatagrams(of: stream, into: UnsafeMutableRawBufferPointer(rebasing: space[at...]), records: &records)
  }

  /// Unreliable messages: each whole in this packet, or dropped if it fits into no packet of the link.
  private func writeDatagrams(
    of stream: Stream, into space: UnsafeMutableRawBufferPointer, records: inout FrameRecordList
  ) -> Int {
    var at = 0
    while !stream.datagrams.isEmpty, !records.isFull {
      let length = datagramLength(stream)
      guard space.count - at >= MultiplexerFrame.streamHeaderRoom + length else {
        // Nothing else stands in this packet: it would not fit into the next one either.
        if at == 0, records.count == 0 {
          dropOldestDatagram(stream)
          counters.datagramsDropped += 1
        }
        break
      }
      let base = space.baseAddress! + at
      base.storeBytes(of: MultiplexerFrame.datagram, as: UInt8.self)
      var used = 1
      used += Varint.encode(stream.id, to: base + used)
      used += Varint.encode(stream.datagramSequence, to: base + used)
      used += Varint.encode(UInt64(length), to: base + used)
      stream.datagrams.copy(from: stream.datagrams.start + 2, count: length, to: base + used)
      stream.datagramSequence += 1
      dropOldestDatagram(stream)
      at += used + length
      records.append(
        FrameRecord(
          offset: 0, slot: stream.slot, generation: stream.generation, length: 0, kind: MultiplexerFrame.datagram))
    }
    return at
  }

  /// Resets, stops and releases go ahead of data in whatever packet leaves next.
  private func writeControl(
    _ space: UnsafeMutableRawBufferPointer, records: inout FrameRecordList, now: UInt64
  ) -> Int {
    if releaseAt != .max { flushReleases() }
    var at = 0
    let room = 40
    func number(_ value: UInt64) { at += Varint.encode(value, to: space.baseAddress! + at) }
    func type(_ value: UInt8) {
      space[at] = value
      at += 1
    }
    if sessionReleaseDue, space.count - at > room, !records.isFull {
      sessionReleaseDue = false
      sessionAdvertised = sessionReleased
      type(MultiplexerFrame.sessionReleased)
      number(sessionReleased)
      records.append(FrameRecord(offset: 0, slot: 0, generation: 0, length: 0, kind: MultiplexerFrame.sessionReleased))
    }
    if streamLimitDue, space.count - at > room, !records.isFull {
      streamLimitDue = false
      type(MultiplexerFrame.streamLimit)
      number(advertisedStreams)
      records.append(FrameRecord(offset: 0, slot: 0, generation: 0, length: 0, kind: MultiplexerFrame.streamLimit))
    }
    while space.count - at > 3 * room, !records.isFull, let slot = controlQueue.popFirst() {
      let stream = streams[Int(slot)]
      stream.isControlQueued = false
      guard stream.isOpen else { continue }
      func record(_ kind: UInt8, _ offset: UInt64 = 0) {
        records.append(
          FrameRecord(offset: offset, slot: slot, generation: stream.generation, length: 0, kind: kind))
      }
      if stream.resetDue, let code = stream.resetCode {
        stream.resetDue = false
        type(MultiplexerFrame.reset)
        number(stream.id)
        number(code)
        number(stream.sent)
        record(MultiplexerFrame.reset)
      }
      if stream.stopDue, let code = stream.stopCode, !records.isFull {
        stream.stopDue = false
        type(MultiplexerFrame.stop)
        number(stream.id)
        number(code)
        number(stream.releasedAtStop)
        record(MultiplexerFrame.stop)
      }
      // Behind a stop nothing more is released; the stop itself says how far the reader had come.
      if stream.stopCode != nil { stream.releaseDue = false }
      if stream.releaseDue, !records.isFull {
        stream.releaseDue = false
        stream.advertised = stream.released
        type(MultiplexerFrame.released)
        number(stream.id)
        number(stream.released)
        number(max(stream.released + options.parameters.streamWindow, stream.extendedLimit))
        record(MultiplexerFrame.released, stream.released)
      }
      if stream.resetDue || stream.stopDue || stream.releaseDue { queueControl(stream) }
    }
    return at
  }
}
