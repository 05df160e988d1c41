// SPDX-License-Identifier: Apache-2.0

import MeshWire

/// A packet that was written for a link.
public struct OutgoingPacket: Sendable {
  /// Bytes written; 0 = nothing to send now.
  public var length: Int
  /// The lane of the link.
  public var lane: Int
  /// The class of its frames.
  public var trafficClass: TrafficClass

  static let none = OutgoingPacket(length: 0, lane: 0, trafficClass: .control)
}

extension Session {
  /// Writes the next packet for `link` into `space`.
  func nextPacket(
    on link: SecureLink, into space: UnsafeMutableRawBufferPointer, lanes: LaneSet, now: UInt64
  ) -> OutgoingPacket {
    if let previous = link.previous, previous.acknowledgementDue {
      return controlPacket(on: link, association: previous, into: space, lanes: lanes, now: now)
    }
    guard let current = link.current.map({ Unmanaged.passUnretained($0) }) else { return .none }
    // Nothing below ends the link, so it keeps the association.
    return current._withUnsafeGuaranteedRef {
      nextPacket(on: link, association: $0, into: space, lanes: lanes, now: now)
    }
  }

  @inline(__always)
  private func nextPacket(
    on link: SecureLink, association: Association, into space: UnsafeMutableRawBufferPointer, lanes: LaneSet,
    now: UInt64
  ) -> OutgoingPacket {
    if association.confirmed, link.closeCode == nil {
      let packet = dataPacket(on: link, association: association, into: space, lanes: lanes, now: now)
      if packet.length > 0 { return packet }
    }
    var probing = false
    for index in 0..<association.laneCount where association.lanes[index].probeNeeded {
      if lanes.contains(LaneSet(lane: index)) { probing = true }
    }
    guard
      association.acknowledgementDue || association.helloPending || link.pingPending || link.closeCode != nil || probing
    else { return .none }
    return controlPacket(on: link, association: association, into: space, lanes: lanes, now: now)
  }

  private func dataPacket(
    on link: SecureLink, association: Association, into space: UnsafeMutableRawBufferPointer, lanes: LaneSet,
    now: UInt64
  ) -> OutgoingPacket {
    guard link.isUsable else { return .none }
    var allowed = classes(of: link)
    guard !allowed.isEmpty, !frames.pendingClasses.intersection(allowed).isEmpty else { return .none }
    let yields = now < association.urgentUntil
    for trafficClass in TrafficClass.allCases {
      let lane = association.lane(of: trafficClass, open: link.characteristics.openLanes)
      if !lanes.contains(LaneSet(lane: lane))
        || !association.lanes[lane].maySend(yields: yields && trafficClass.yields, now: now)
      {
        allowed.remove(ClassSet(trafficClass))
      }
    }
    while let trafficClass = frames.nextClass(among: allowed) {
      let lane = association.lane(of: trafficClass, open: link.characteristics.openLanes)
      var limit = min(space.count, link.characteristics.mtu)
      if yields, trafficClass.yields { limit = min(limit, endpoint.options.yieldingPacket) }
      var at = PacketHeader.length
      records.removeAll()
      at += writeControlFrames(on: link, association: association, at: space.baseAddress! + at, now: now)
      let room = UnsafeMutableRawBufferPointer(rebasing: space[at..<limit - PacketHeader.tagLength])
      let written = frames.fill(room, of: trafficClass, records: &records, now: now)
      if written == 0 {
        allowed.remove(ClassSet(trafficClass))
        // Control frames already written must not be lost: send them on their own.
        if at > PacketHeader.length {
          return finish(
            link, association, lane: 0, in: space, end: at, eliciting: records.count > 0, trafficClass: .control,
            now: now)
        }
        continue
      }
      lastActivity = now
      if yields, trafficClass.yields { endpoint.noteSideBySide(association, now: now) }
      if trafficClass.isUrgent {
        association.noteUrgent(options: endpoint.options, now: now)
        endpoint.noteAsked(association, now: now)
      }
      return finish(
        link, association, lane: lane, in: space, end: at + written, eliciting: true, trafficClass: trafficClass,
        now: now)
    }
    return .none
  }

  private func controlPacket(
    on link: SecureLink, association: Association, into space: UnsafeMutableRawBufferPointer, lanes: LaneSet,
    now: UInt64
  ) -> OutgoingPacket {
    records.removeAll()
    var at = PacketHeader.length
    at += writeControlFrames(on: link, association: association, at: space.baseAddress! + at, now: now)
    var eliciting = records.count > 0
    var lane = 0
    if association === link.current {
      for index in 0..<association.laneCount
      where association.lanes[index].probeNeeded && lanes.contains(LaneSet(lane: index)) {
        lane = index
        link.pingPending = true
      }
      if link.pingPending {
        link.pingPending = false
        space[at] = SessionFrame.ping
        at += 1
        eliciting = true
      }
      if let code = link.closeCode {
        at += SessionFrame.writeClose(code, known: peerConversation, to: space.baseAddress! + at)
        link.closeCode = nil
        link.state = .closed
      }
    }
    guard at > PacketHeader.length else { return .none }
    return finish(
      link, association, lane: lane, in: space, end: at, eliciting: eliciting, trafficClass: .control, now: now)
  }

  /// The confirmation and the acknowledgements that are due, or may as well ride along.
  private func writeControlFrames(
    on link: SecureLink, association: Association, at start: UnsafeMutableRawPointer, now: UInt64
  ) -> Int {
    var at = 0
    if association.helloPending {
      association.helloPending = false
      var writer = GrowingByteWriter()
      writer.u8(SessionFrame.hello)
      LinkHandshake.Confirmation(conversation: conversation, parameters: endpoint.options.parameters).write(to: &writer)
      writer.written.withUnsafeBytes { start.copyMemory(from: $0.baseAddress!, byteCount: $0.count) }
      at += writer.written.count
      records.append(FrameRecord(offset: 0, slot: 0, generation: 0, length: 0, kind: SessionFrame.hello))
    }
    let ranges = link.characteristics.mtu < 1200 ? 4 : SessionFrame.rangeLimit
    // Where several lanes have many gaps, the rest waits for the next packet.
    let limit = link.characteristics.mtu - PacketHeader.overhead - SessionFrame.acknowledgementRoom - 16
    for index in 0..<association.laneCount where association.lanes[index].unacknowledged > 0 {
      at += SessionFrame.writeAcknowledgement(of: association.lanes[index], to: start + at, limit: ranges, now: now)
      association.lanes[index].noteAcknowledgementSent()
      if link.characteristics.mtu < 1200 ? at > 120 : at > limit { break }
    }
    return at
  }

  private func finish(
    _ link: SecureLink, _ association: Association, lane: Int, in space: UnsafeMutableRawBufferPointer, end: Int,
    eliciting: Bool, trafficClass: TrafficClass, now: UInt64
  ) -> OutgoingPacket {
    let base = space.baseAddress!
    let size = end + PacketHeader.tagLength
    let pointer = association.lanes + lane
    var header = PacketHeader(
      phase: 0, receiver: association.peerReceiverBase | UInt32(lane), number: pointer.pointee.sent.next)
    if association === link.current { association.renewKeys(options: endpoint.options, now: now) }
    association.cipher.seal(header: &header, lane: lane, packet: base, frames: end - PacketHeader.length)
    if eliciting {
      if pointer.pointee.sent.outstanding == 0 { pointer.pointee.progressAt = now }
      pointer.pointee.lastElicitingAt = now
      pointer.pointee.probeNeeded = false
      if !pointer.pointee.streamLike {
        pointer.pointee.congestion.sent(UInt64(size), roundTrip: pointer.pointee.roundTrip, now: now)
      }
    }
    var packet = SentPacket()
    packet.sentAt = now
    packet.size = UInt32(size)
    packet.elicitsAcknowledgement = eliciting
    packet.phase = header.phase
    pointer.pointee.sent.append(packet, records: records)
    if !eliciting { pointer.pointee.sent.settle(header.number) }
    link.counters.packetsSent += 1
    link.counters.bytesSent += UInt64(size)
    return OutgoingPacket(length: size, lane: lane, trafficClass: trafficClass)
  }
}
