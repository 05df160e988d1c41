// SPDX-License-Identifier: Apache-2.0

import MeshWire

extension Session {
  /// Takes the frames of an opened packet.
  /// - Returns: false when the packet must be treated as if it had never arrived.
  func receive(
    _ payload: UnsafeRawBufferPointer, number: UInt64, lane: Int, on link: SecureLink, association: Association,
    now: UInt64
  ) throws(SessionError) -> Bool {
    // Before the peer has confirmed or refused, no other packet counts: others overtook it and will come again.
    if !association.confirmed, payload.first != SessionFrame.hello, payload.first != SessionFrame.close {
      guard link.closeCode != nil else { return false }
      return skip(number, lane: lane, of: association, now: now)
    }
    var eliciting = false
    var at = 0
    while at < payload.count {
      let type = payload[at]
      if type >= SessionFrame.upperLayer {
        eliciting = true
        let used = try frames.receive(UnsafeRawBufferPointer(rebasing: payload[at...]), now: now)
        precondition(used > 0, "a frame was consumed without length")
        at += used
        continue
      }
      var reader = ByteReader(UnsafeRawBufferPointer(rebasing: payload[(at + 1)...]))
      do {
        switch type {
        case SessionFrame.padding: break
        case SessionFrame.ping: eliciting = true
        case SessionFrame.acknowledgement:
          var hostile = false
          var newly = false
          try SessionFrame.readAcknowledgement(&reader) { lane, first, last, delay in
            // On an ordered lane nothing is missing below what has arrived; a gap would only make our records grow.
            guard lane < association.laneCount, last < association.lanes[lane].sent.next,
              first == 0 || !association.lanes[lane].streamLike
            else {
              hostile = true
              return
            }
            if self.acknowledge(first...last, lane: lane, delay: delay, on: link, association: association, now: now) {
              newly = true
            }
          }
          if hostile { throw SessionError.protocolViolation("acknowledgement of a packet that was never sent") }
          if newly { afterAcknowledgement(on: link, association: association, now: now) }
        case SessionFrame.hello:
          eliciting = true
          let confirmation = try LinkHandshake.Confirmation(&reader)
          endpoint.confirmed(link, association, confirmation, session: self, now: now)
          if !association.confirmed { return skip(number, lane: lane, of: association, now: now) }
        case SessionFrame.close:
          let code = try reader.varint()
          let known = code == CloseCode.stale ? try reader.u64() : 0
          endpoint.peerClosed(link, code: code, known: known, session: self, now: now)
          return true
        default: throw SessionError.protocolViolation("unknown frame type")
        }
      } catch let error as SessionError {
        throw error
      } catch { throw .protocolViolation("malformed frame") }
      at += 1 + reader.position
    }
    association.lanes[lane].noteArrival(
      number: number, size: payload.count, eliciting: eliciting,
      isUrgent: now < association.urgentUntil + endpoint.options.urgentFor, options: endpoint.options, now: now)
    if eliciting {
      lastActivity = now
      if frames.takeUrgency() {
        association.noteUrgent(options: endpoint.options, now: now)
      } else if payload.count > Self.largePacket, now < association.urgentUntil {
        endpoint.noteSideBySide(association, now: now)
      }
    }
    return true
  }

  /// What is larger is hardly urgent, whatever class it is of. Bytes.
  private static let largePacket = 2048

  /// A packet of a life that is over: its frames would be taken for those of streams with the same ids now. It counts as
  /// arrived, so that an ordered link lives until the peer has been told.
  private func skip(_ number: UInt64, lane: Int, of association: Association, now: UInt64) -> Bool {
    association.lanes[lane].noteArrival(number: number, eliciting: false, options: endpoint.options, now: now)
    return true
  }

  /// Settles the packets of one range. True when any of them was outstanding.
  private func acknowledge(
    _ range: ClosedRange<UInt64>, lane index: Int, delay: UInt64, on link: SecureLink, association: Association,
    now: UInt64
  ) -> Bool {
    let lane = association.lanes + index
    var number = max(range.lowerBound, lane.pointee.sent.first)
    guard number <= range.upperBound else { return false }
    var any = false
    let inFlight = lane.pointee.sent.bytesInFlight
    var newest: UInt64?
    while number <= range.upperBound, number < lane.pointee.sent.next {
      defer { number += 1 }
      guard let packet = lane.pointee.sent.outstandingPacket(number) else { continue }
      any = true
      if number + 1 > lane.pointee.largestAcknowledged, packet.elicitsAcknowledgement, number == range.upperBound {
        let held = min(delay, 1 << 32) &* 1000
        newest = now - packet.sentAt > held ? now - packet.sentAt - held : 0
        lane.pointee.roundTrip.sample(
          now - packet.sentAt, acknowledgementDelay: min(held, endpoint.options.acknowledgementDelay))
      }
      for record in 0..<UInt64(packet.recordCount) {
        let frame = lane.pointee.sent.record(packet.firstRecord + record)
        if frame.kind >= SessionFrame.upperLayer {
          frames.acknowledged(frame, now: now)
        } else if frame.kind == SessionFrame.hello {
          association.helloAcknowledged = true
        }
      }
      association.cipher.acknowledged(phase: packet.phase)
      if !lane.pointee.streamLike {
        lane.pointee.congestion.acknowledged(UInt64(packet.size), sentAt: packet.sentAt, limited: true)
      }
      lane.pointee.sent.settle(number)
    }
    if any {
      if let newest, lane.pointee.streamLike {
        let freed = inFlight - lane.pointee.sent.bytesInFlight
        association.notePath(roundTrip: newest, now: now)
        lane.pointee.limiter.acknowledged(
          freed, inFlight: inFlight, roundTrip: newest, path: association.pathRoundTrip, now: now)
      }
      lane.pointee.largestAcknowledged = max(lane.pointee.largestAcknowledged, range.upperBound + 1)
      lane.pointee.progressAt = now
      lane.pointee.probes = 0
      lane.pointee.probeNeeded = false
    }
    return any
  }

  private func afterAcknowledgement(on link: SecureLink, association: Association, now: UInt64) {
    if association === link.current { link.acknowledgedAt = now }
    for index in 0..<association.laneCount where !association.lanes[index].streamLike {
      detectLoss(lane: index, on: link, association: association, now: now)
    }
    if link.state == .suspect, association === link.current {
      link.state = .up
      endpoint.delegate?.linkRecovered(link, now: now)
    }
    endpoint.closeIfDrained(link, now: now)
    wantsToSend()
  }

  /// RFC 9002 section 6.1: packet threshold 3, time threshold 9/8.
  func detectLoss(lane index: Int, on link: SecureLink, association: Association, now: UInt64) {
    let lane = association.lanes + index
    lane.pointee.lossTime = .max
    guard lane.pointee.largestAcknowledged > 0 else { return }
    let wait = max(lane.pointee.roundTrip.smoothed, lane.pointee.roundTrip.latest) * 9 / 8
    var number = lane.pointee.sent.first
    while number < lane.pointee.largestAcknowledged {
      defer { number += 1 }
      guard let packet = lane.pointee.sent.outstandingPacket(number) else { continue }
      if lane.pointee.largestAcknowledged - 1 >= number + 3 || packet.sentAt + max(wait, 1_000_000) <= now {
        for record in 0..<UInt64(packet.recordCount) {
          lost(lane.pointee.sent.record(packet.firstRecord + record), association: association, now: now)
        }
        lane.pointee.congestion.lost(sentAt: packet.sentAt, now: now)
        lane.pointee.sent.settle(number)
        link.counters.packetsLost += 1
      } else {
        lane.pointee.lossTime = min(lane.pointee.lossTime, packet.sentAt + max(wait, 1_000_000))
      }
    }
  }

  func lost(_ record: FrameRecord, association: Association, now: UInt64) {
    if record.kind == SessionFrame.hello {
      association.helloPending = true
    } else if record.kind >= SessionFrame.upperLayer {
      frames.lost(record, now: now)
    }
  }
}
