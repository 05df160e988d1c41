// SPDX-License-Identifier: Apache-2.0

import MeshSession

/// Credit for messages that are larger than the windows; see `docs/decisions/0005-messages-are-streams.md`.
extension Multiplexer {
  /// A message larger than the window could never be completed by releases alone: one stream at a time may hold more.
  func checkMessageFits(_ stream: Stream, rest: Int) throws(SessionError) {
    guard stream.kind != .bytes, !stream.isPaused else { return }
    let window = options.parameters.streamWindow
    let end = stream.buffer.next + UInt64(rest)
    let isNear = end + window / options.releaseShare > max(stream.released + window, stream.extendedLimit)
    // A reader that holds messages gets more when it has released them.
    guard rest > 0, !stream.isHeld, isNear || isSessionNearlyFull else {
      if rest == 0 || stream.buffer.next > stream.extendedLimit { endExtension(of: stream) }
      return
    }
    guard UInt64(rest) <= options.parameters.messageLimit + 64 else {
      throw .protocolViolation("a message is larger than the limit")
    }
    if extendedSlot == nil || extendedSlot == stream.slot {
      extendedSlot = stream.slot
      stream.extendedLimit = end + window
      stream.wantsExtension = false
      // Credit of the session is lent ahead to this stream, at most for its one message; the sender lets it go first.
      creditSession(stream, upTo: end + options.parameters.sessionWindow / 4)
      sessionReleaseDue = true
      stream.releaseDue = true
      queueControl(stream)
    } else {
      stream.wantsExtension = true
    }
  }

  /// Lets the next stream that waits have the one place.
  func endExtension(of stream: Stream) {
    guard extendedSlot == stream.slot else { return }
    extendedSlot = nil
    stream.wantsExtension = false
    // Who waits may have been served by releases meanwhile: then the place is for the one behind it.
    while extendedSlot == nil, let next = streams.first(where: { $0.isOpen && $0.wantsExtension && $0 !== stream }) {
      next.wantsExtension = false
      judge(next)
    }
    if extendedSlot == nil, let next = cutMessage(except: stream) { judge(next) }
  }

  /// Looks at a stream other than the frame's own: what is wrong with it is thrown with the next frame.
  func judge(_ stream: Stream) {
    do throws(SessionError) {
      try checkMessageFits(stream, rest: stream.buffer.available.count)
    } catch { deferredViolation = error }
  }

  /// All streams together have used the session's window up to an eighth, without what readers hold by hand: that comes
  /// back by itself.
  private var isSessionNearlyFull: Bool {
    let window = options.parameters.sessionWindow
    return sessionReceived + window / options.releaseShare > sessionReleased + window + heldBytes
  }

  /// A stream that holds the beginning of a message, when those beginnings have used up the session's window.
  private func cutMessage(except stream: Stream?) -> Stream? {
    guard isSessionNearlyFull else { return nil }
    return streams.first {
      $0.isOpen && $0 !== stream && $0.kind != .bytes && !$0.isPaused && !$0.isHeld && !$0.buffer.available.isEmpty
    }
  }

  /// Beginnings of messages in several streams can fill the session's window with none of them complete. The stream that
  /// has the one place may have got its last bytes before the others filled the window: it is looked at again.
  func keepSessionGoing() {
    guard isSessionNearlyFull else { return }
    guard let slot = extendedSlot else {
      if let stream = cutMessage(except: nil) { judge(stream) }
      return
    }
    let stream = streams[Int(slot)]
    if stream.isOpen { judge(stream) }
    // Others may have used what was lent before the sender knew whom it was for.
    let most = stream.buffer.next + options.parameters.messageLimit + options.parameters.sessionWindow
    guard extendedSlot == slot, stream.isOpen, !stream.isPaused, !stream.isHeld, stream.sessionCredited < most else {
      return
    }
    creditSession(stream, upTo: max(stream.sessionCredited, stream.released) + options.parameters.sessionWindow / 4)
    sessionReleaseDue = true
    wake()
  }

  /// Returns credit of the session once for each byte.
  func creditSession(_ stream: Stream, upTo offset: UInt64) {
    guard offset > stream.sessionCredited else { return }
    noteSessionRelease(offset - stream.sessionCredited)
    stream.sessionCredited = offset
  }
}
