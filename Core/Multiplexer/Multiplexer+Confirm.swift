// SPDX-License-Identifier: Apache-2.0

import MeshSession

extension Multiplexer {
  /// See `FrameLayer.acknowledged`: frees what has arrived and reports what is delivered.
  public func acknowledged(_ record: FrameRecord, now: UInt64) {
    guard let stream = stream(.init(slot: record.slot, generation: record.generation)) else { return }
    switch record.kind {
    case MultiplexerFrame.stream:
      guard stream.resetCode == nil else { return }
      if record.flags & Self.endFlag != 0 { stream.finAcknowledged = true }
      let end = record.offset + UInt64(record.length)
      if !stream.lost.isEmpty { stream.lost.remove(record.offset, end) }
      if record.offset <= stream.confirmed {
        confirm(stream, below: end)
      } else {
        stream.acknowledged.insert(record.offset, end)
      }
      if stream.kind != .messages {
        stream.ring.discard(to: stream.confirmed)
        noteSpare(stream, now: now)
        noteRoom(stream)
      }
    case MultiplexerFrame.reset: stream.resetAcknowledged = true
    case MultiplexerFrame.released:
      if stream.receivingClosed, record.offset == stream.finalSize { stream.finalReleaseAcknowledged = true }
    default: return
    }
    retireIfDone(stream)
  }

  /// See `FrameLayer.lost`: marks the bytes to be sent again, and repeats control frames with their newest values.
  public func lost(_ record: FrameRecord, now: UInt64) {
    switch record.kind {
    case MultiplexerFrame.sessionReleased:
      sessionReleaseDue = true
      return
    case MultiplexerFrame.streamLimit:
      streamLimitDue = true
      return
    default: break
    }
    guard let stream = stream(.init(slot: record.slot, generation: record.generation)) else { return }
    switch record.kind {
    case MultiplexerFrame.stream:
      guard stream.resetCode == nil else { return }
      let end = record.offset + UInt64(record.length)
      // Whoever sends the last bytes again sets it anew; a late acknowledgement of them alone must not lose the end.
      if record.flags & Self.endFlag != 0, !stream.finAcknowledged { stream.finSent = false }
      stream.lost.insert(max(record.offset, stream.confirmed), max(end, stream.confirmed))
      for range in stream.acknowledged.ranges { stream.lost.remove(range.lower, range.upper) }
      activate(stream)
    case MultiplexerFrame.reset:
      if !stream.resetAcknowledged { stream.resetDue = true }
      queueControl(stream)
    case MultiplexerFrame.stop:
      stream.stopDue = stream.finalSize == nil
      if stream.stopDue { queueControl(stream) }
    case MultiplexerFrame.released:
      stream.releaseDue = true
      queueControl(stream)
    default: return
    }
  }

  /// Everything below `offset` has arrived.
  func confirm(_ stream: Stream, below offset: UInt64) {
    guard offset > stream.confirmed else { return }
    stream.confirmed = offset
    while let range = stream.acknowledged.first, range.lower <= stream.confirmed {
      stream.confirmed = max(stream.confirmed, range.upper)
      stream.acknowledged.remove(range.lower, range.upper)
    }
    if !stream.lost.isEmpty { stream.lost.removeBelow(stream.confirmed) }
  }

  /// Reports the messages that the peer has released.
  func settleTokens(_ stream: Stream) {
    while stream.firstToken < stream.tokens.count, stream.tokens[stream.firstToken].end <= stream.peerReleased {
      tellSent(stream, stream.firstToken)
      guard stream.firstToken < stream.tokens.count else { break }
      let token = stream.tokens[stream.firstToken]
      stream.firstToken += 1
      if !token.expired, token.number != .max {
        tell(token, .delivered, of: stream)
      }
    }
    if stream.firstToken == stream.tokens.count {
      stream.tokens.removeAll(keepingCapacity: true)
      stream.firstToken = 0
    }
  }

  func settleAll(_ stream: Stream, _ outcome: MessageOutcome) {
    let tokens = stream.pendingTokens
    stream.tokens.removeAll(keepingCapacity: true)
    stream.firstToken = 0
    for token in tokens where !token.expired && token.number != .max {
      tell(token, outcome, of: stream)
    }
  }

  private func tell(_ token: Stream.Token, _ outcome: MessageOutcome, of stream: Stream) {
    if token.isHanded {
      stream.handler?.settled(handed: token.number, outcome, on: stream.reference, of: self)
    } else {
      stream.handler?.settled(token: token.number, outcome, on: stream.reference, of: self)
    }
  }

  /// Reports messages whose lifetime has passed. What has not been sent at all becomes void and is skipped by the
  /// reader; what was sent may have been delivered, and the report says so.
  func expireMessages(now: UInt64) {
    expiryAt = .max
    // Told when every message was looked at: whoever hears of it may send, and move or remove others.
    var settled: [Settled] = []
    for stream in streams where stream.isOpen {
      for index in stream.firstToken..<stream.tokens.count where !stream.tokens[index].expired {
        let token = stream.tokens[index]
        guard token.deadline <= now else {
          expiryAt = min(expiryAt, token.deadline)
          continue
        }
        stream.tokens[index].expired = true
        counters.messagesExpired += 1
        let isUnsent = token.start >= stream.sent
        if isUnsent { makeVoid(token.start, of: stream) }
        settled.append(token, .expired(maybeDelivered: !isUnsent || token.wasSent), of: stream)
      }
    }
    // Deadlines close together are served together: each pass looks at every message that has one.
    if expiryAt != .max { expiryAt = max(expiryAt, now + 10_000_000) }
    tell(settled)
  }
}
