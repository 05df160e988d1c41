// SPDX-License-Identifier: Apache-2.0
import CApplication
import CMeshABI
import MeshApplication

/// An event as a test sees it.
struct SeenEvent {
  var header: application_event
  var meta: [UInt8]
  var data: [UInt8]

  var kind: UInt32 { header.kind }
  var text: String { String(decoding: data, as: UTF8.self) }
}

/// A sink of so many bytes, emptied by the test.
final class TestSink: EventSink {
  var limit: Int
  var events: [SeenEvent] = []
  private(set) var used = 0
  private(set) var refusals = 0

  init(limit: Int = 1 << 20) { self.limit = limit }

  override func append(
    _ header: application_event, meta: UnsafeRawBufferPointer, data: UnsafeRawBufferPointer
  ) -> Bool {
    let size = 64 + meta.count + data.count
    let limit = EventSink.isPayload(header.kind) ? limit - limit / 8 : limit
    guard used == 0 || used + size <= limit else {
      refusals += 1
      return false
    }
    used += size
    events.append(SeenEvent(header: header, meta: Array(meta), data: Array(data)))
    return true
  }

  /// Everything that is there, oldest first.
  func take(_ count: Int = .max) -> [SeenEvent] {
    let taken = Array(events.prefix(count))
    events.removeFirst(taken.count)
    for event in taken { used -= 64 + event.meta.count + event.data.count }
    return taken
  }
}
