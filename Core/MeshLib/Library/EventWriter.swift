// SPDX-License-Identifier: Apache-2.0
import CApplication
import MeshApplication
import Synchronization

/// Where a home writes events: those for the application into one queue, those for the library into another.
final class EventWriter: EventSink {
  /// For the application.
  let events: RecordQueue
  /// For the library: credit, answers, names of peers.
  let notices: RecordQueue
  /// Raised when events were written.
  let signal = ReadySignal()
  /// An event did not fit; the reader says when there is room again.
  let isFull = Atomic<Bool>(false)
  /// The library waits for credit to tell the application of room.
  let isRoomWanted = Atomic<Bool>(false)
  private let limit: UInt64
  private var isSignalWanted = false

  /// A writer for at most about `limit` bytes of events that wait; nil when there is no memory.
  init?(limit: UInt64) {
    guard let events = RecordQueue(), let notices = RecordQueue() else { return nil }
    self.limit = limit
    self.events = events
    self.notices = notices
  }

  override func append(
    _ header: application_event, meta: UnsafeRawBufferPointer, data: UnsafeRawBufferPointer
  ) -> Bool {
    if header.kind >= APP_ON_CREDIT {
      if isRoomWanted.load(ordering: .sequentiallyConsistent) { isSignalWanted = true }
      return write(header, meta: meta, data: data, to: notices)
    }
    let pending = events.pending
    let cost = UInt64(truncatingIfNeeded: recordLength(meta: meta.count, data: data.count))
    let room = EventSink.isPayload(header.kind) ? limit - limit / 8 : limit
    guard pending == 0 || pending + cost <= room else {
      isFull.store(true, ordering: .sequentiallyConsistent)
      // The reader may have made room just now, and not have seen the mark.
      guard events.pending == 0 else { return false }
      return append(header, meta: meta, data: data)
    }
    isSignalWanted = true
    return write(header, meta: meta, data: data, to: events)
  }

  /// Adds an event without payload beyond the limit: the end of something that was accepted, of which there are no more
  /// than the application has under way. False without memory.
  func appendEnd(_ header: application_event) -> Bool {
    let nothing = UnsafeRawBufferPointer(start: nil, count: 0)
    guard header.kind < APP_ON_CREDIT else { return append(header, meta: nothing, data: nothing) }
    isSignalWanted = true
    return write(header, meta: nothing, data: nothing, to: events)
  }

  private func write(
    _ header: application_event, meta: UnsafeRawBufferPointer, data: UnsafeRawBufferPointer, to queue: RecordQueue
  ) -> Bool {
    let total = recordLength(meta: meta.count, data: data.count)
    guard let record = queue.reserve(total) else { return false }
    var header = header
    header.len = UInt32(truncatingIfNeeded: data.count)
    header.meta_len = UInt16(truncatingIfNeeded: meta.count)
    record.storeBytes(of: header, as: application_event.self)
    if let bytes = meta.baseAddress { (record + 64).copyMemory(from: bytes, byteCount: meta.count) }
    if let bytes = data.baseAddress { (record + 64 + meta.count).copyMemory(from: bytes, byteCount: data.count) }
    queue.commit(total)
    return true
  }

  /// Called after each turn: one signal for all that it brought.
  @inline(__always)
  func turnEnded() {
    guard isSignalWanted else { return }
    isSignalWanted = false
    signal.raise()
  }
}

/// Bytes of a record with header and padding.
@inline(__always)
func recordLength(meta: Int, data: Int) -> Int { (64 + meta + data + 7) & ~7 }
