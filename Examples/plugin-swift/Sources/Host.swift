// SPDX-License-Identifier: Apache-2.0
import CMeshABI
import Glibc

/// The host of one instance. The entry has checked that its table has every function of 1.0.
struct Host {
  /// The one thing kept outside an instance: `create` gets no table, and the host's is static.
  nonisolated(unsafe) static var table: UnsafePointer<mesh_host_api>?

  private let context: OpaquePointer
  private let api: mesh_host_api

  init?(_ context: OpaquePointer?) {
    guard let context, let table = Host.table else { return nil }
    self.context = context
    api = table.pointee
  }

  var now: UInt64 { api.now(context) }
  func deadline(_ at: UInt64) { _ = api.deadline(context, at) }
  func unwatch(_ descriptor: Int32) { _ = api.unwatch(context, descriptor) }
  func credit(_ link: UInt64, _ frames: UInt32, _ bytes: UInt64) { _ = api.credit(context, link, frames, bytes) }

  func watch(_ descriptor: Int32, _ mask: UInt32, _ token: UInt64) -> Bool {
    api.watch(context, descriptor, mask, token) == MESH_OK
  }

  /// Fills as many buffers as the pool gives, and returns how many.
  func take(_ buffers: UnsafeMutablePointer<mesh_buf>, _ count: Int, capacity: UInt32) -> Int {
    max(0, Int(api.buffer_get(context, buffers, UInt32(count), capacity)))
  }

  func put(_ buffers: UnsafeMutablePointer<mesh_buf>, _ count: Int) {
    if count > 0 { _ = api.buffer_put(context, buffers, UInt32(count)) }
  }

  func deliver(_ buffers: UnsafeMutablePointer<mesh_buf>, _ count: Int) {
    if count > 0 { _ = api.deliver(context, buffers, UInt32(count)) }
  }

  /// Gives packets of one link back, each with its status, and grants again the credit that they used.
  func giveBack(_ buffers: UnsafeMutablePointer<mesh_buf>, _ count: Int) {
    guard count > 0 else { return }
    let link = buffers[0].link
    var bytes: UInt64 = 0
    for index in 0..<count { bytes += UInt64(buffers[index].len) }
    _ = api.transmit_done(context, buffers, UInt32(count))
    credit(link, UInt32(count), bytes)
  }

  /// Sends one event about a listener or link; the text is an address or a sentence.
  func tell(_ kind: UInt32, _ id: UInt64 = 0, _ code: Int32 = MESH_OK, _ text: String = "") {
    var event = mesh_link_event()
    event.kind = kind
    event.code = code
    event.fclass = Host.usualClass(code)
    if kind == MESH_EVENT_LISTENING || kind == MESH_EVENT_LISTEN_FAILED { event.listener = id } else { event.link = id }
    send(&event, text)
  }

  /// Asks the host to take a link that somebody opened; nil when it refuses.
  func incoming(_ listener: UInt64, _ address: String) -> UInt64? {
    var event = mesh_link_event()
    event.kind = MESH_EVENT_INCOMING
    event.listener = listener
    send(&event, address)
    return event.link == 0 ? nil : event.link
  }

  private func send(_ event: inout mesh_link_event, _ text: String) {
    var text = text
    text.withUTF8 { bytes in
      event.data.ptr = UnsafeRawPointer(bytes.baseAddress)
      event.data_len = UInt32(min(bytes.count, Int(MESH_EVENT_PAYLOAD_MAX)))
      _ = api.link_event(context, &event, 1)
    }
  }

  /// The code for what the operating system said.
  static func code(_ failure: Socket.Failure) -> Int32 {
    switch failure.code {
    case ECONNREFUSED: MESH_E_REFUSED
    case ETIMEDOUT: MESH_E_TIMEOUT
    case ECONNRESET: MESH_E_RESET
    case EADDRINUSE: MESH_E_EXISTS
    case EPROTOTYPE: MESH_E_ADDRESS
    case EMFILE, ENFILE, ENOMEM: MESH_E_LIMIT
    default: MESH_E_IO
    }
  }

  /// The class that a failure with this code has.
  private static func usualClass(_ code: Int32) -> UInt32 {
    switch code {
    case MESH_OK, MESH_E_CANCELLED: MESH_CLASS_NONE
    case MESH_E_CLOSED, MESH_E_RESET, MESH_E_PROTOCOL: MESH_CLASS_PEER
    case MESH_E_ADDRESS, MESH_E_EXISTS: MESH_CLASS_CONFIG
    case MESH_E_LIMIT: MESH_CLASS_RESOURCE
    default: MESH_CLASS_TRANSIENT
    }
  }
}
