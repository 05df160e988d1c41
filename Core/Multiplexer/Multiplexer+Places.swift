// SPDX-License-Identifier: Apache-2.0

import MeshSession
import MeshWire

/// How far a reader has come with a message whose copy came another way.
public enum MessageProgress: Equatable, Sendable {
  /// The reader has not got it.
  case unread
  /// The reader has it and has not released it.
  case held
  /// The reader has released it.
  case released
}

/// How far the readers of a peer's message streams had come, kept longer than the session.
public struct ReadingMarks: Sendable {
  /// Offsets up to which the reader has released, by the number of the stream.
  public internal(set) var released: [UInt64: UInt64] = [:]
  /// Streams that were ever opened; what is not in `released` was read to its end.
  var opened = RangeSet()
  /// Streams that the reader stopped were forgotten: nothing is known of those that are not in `released`.
  var isIncomplete = false

  /// What is known of a message.
  public func progress(of place: MessagePlace) -> MessageProgress {
    if let released = released[place.stream] { return released > place.offset ? .released : .unread }
    return opened.contains(place.stream >> 1) && !isIncomplete ? .released : .unread
  }
}

extension Multiplexer {
  /// Most places of which a copy has come first, over all streams.
  public static let skipLimit = 4096
  /// Most streams whose reader stopped and of which it is remembered how far it came.
  static let stoppedLimit = 256

  /// How far the reader has come with the peer's message at `place`.
  public func progress(of place: MessagePlace) -> MessageProgress {
    guard place.stream & 1 != parity else { return .unread }
    guard let slot = slots[place.stream] else { return marks.progress(of: place) }
    let stream = streams[Int(slot)]
    if let released = marks.released[place.stream] { return released > place.offset ? .released : .unread }
    if stream.released > place.offset { return .released }
    return stream.buffer.next > place.offset ? .held : .unread
  }

  /// The reader has a copy of a message that it has not read here: the session's own is skipped when it comes.
  /// - Returns: false when there are too many of them; see `maySkip`.
  public func skip(_ place: MessagePlace) -> Bool {
    guard maySkip(place) else { return false }
    guard place.stream & 1 != parity else { return true }
    if let slot = slots[place.stream] {
      let stream = streams[Int(slot)]
      guard place.offset >= stream.buffer.next, !stream.receivingClosed else { return true }
      stream.skips.append(place.offset)
      voidSkipped(stream)
    } else if !openedByPeer.contains(place.stream >> 1) {
      skipsToCome.append(place)
    }
    return true
  }

  /// Whether there is room to remember that the reader has a copy of the message at `place`: to be asked before it gets
  /// one.
  public func maySkip(_ place: MessagePlace) -> Bool {
    guard place.stream & 1 != parity else { return true }
    guard let slot = slots[place.stream] else {
      return openedByPeer.contains(place.stream >> 1) || skipsToCome.count < Self.skipLimit
    }
    let stream = streams[Int(slot)]
    return place.offset < stream.buffer.next || stream.receivingClosed || stream.skips.count < Self.skipLimit
  }

  /// Places of streams that the peer had not opened when they were skipped.
  func takeSkips(of stream: Stream) {
    guard !skipsToCome.isEmpty else { return }
    stream.skips = skipsToCome.filter { $0.stream == stream.id }.map(\.offset)
    skipsToCome.removeAll { $0.stream == stream.id }
  }

  /// Makes records void whose header has come; their senders had sent them without that flag.
  func voidSkipped(_ stream: Stream) {
    stream.skips.removeAll { offset in
      guard offset >= stream.buffer.next else { return true }
      let available = stream.buffer.available
      // A peer may name any place.
      guard offset - stream.buffer.next < UInt64(available.count) else { return false }
      let at = Int(offset - stream.buffer.next)
      let last = at + (1 << (available[at] >> 6)) - 1
      // Kept until it is read past: the same bytes may come again and be stored over these.
      if last < available.count { stream.buffer.set(available[last] | UInt8(MessageRun.isVoid), at: last) }
      return false
    }
  }

  /// The reader will read no more of a stream of messages.
  func noteStopped(_ stream: Stream) {
    guard !stream.isLocal, stream.kind == .messages, marks.released[stream.id] == nil else { return }
    if marks.released.count >= Self.stoppedLimit {
      marks.released.removeAll()
      marks.isIncomplete = true
    }
    marks.released[stream.id] = stream.released
  }

  /// How far readers have come with all that the peer has sent.
  public var readingMarks: ReadingMarks {
    var result = marks
    for stream in streams where stream.isOpen && !stream.isLocal && stream.kind == .messages {
      if result.released[stream.id] == nil { result.released[stream.id] = stream.released }
    }
    return result
  }
}
