// SPDX-License-Identifier: Apache-2.0
import CApplication

/// An event that had to wait for room in the sink.
struct PortEvent {
  var header: application_event
  var meta: [UInt8] = []
  var data: [UInt8] = []
}

extension application_event {
  /// A header with these members; the others are 0.
  init(_ kind: UInt32, id: UInt64 = 0, token: UInt64 = 0, peer: UInt64 = 0, code: Int32 = 0, value: UInt64 = 0) {
    self.init()
    self.kind = kind
    self.code = code
    self.id = id
    self.token = token
    self.peer = peer
    self.value = value
  }
}

extension UnsafeRawBufferPointer {
  static var empty: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: nil, count: 0) }
}
