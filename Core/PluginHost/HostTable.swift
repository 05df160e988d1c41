// SPDX-License-Identifier: Apache-2.0
import CMeshABI
import MeshEventLoop

/// The table of host functions: one for the process, never changed, never freed.
enum HostTable {
  nonisolated(unsafe) static let shared: UnsafePointer<mesh_host_api> = {
    let table = UnsafeMutablePointer<mesh_host_api>.allocate(capacity: 1)
    table.initialize(
      to: mesh_host_api(
        size: UInt32(truncatingIfNeeded: MemoryLayout<mesh_host_api>.size), abi_minor: MESH_PLUGIN_ABI_MINOR,
        log: hostLog, post: hostPost, now: hostNow, watch: hostWatch, unwatch: hostUnwatch, deadline: hostDeadline,
        buffer_get: hostBufferGet, buffer_put: hostBufferPut, deliver: hostDeliver,
        transmit_done: hostTransmitDone, credit: hostCredit, link_event: hostLinkEvent, offload: hostOffload,
        store_get: hostStoreGet, store_put: hostStorePut, store_delete: hostStoreDelete, extension: hostExtension))
    return UnsafePointer(table)
  }()

  /// Who a `mesh_host` pointer stands for, without touching its reference count.
  @inline(__always)
  static func with<Result>(_ host: OpaquePointer?, _ failure: Result, _ body: (Incarnation) -> Result) -> Result {
    guard let host else { return failure }
    return Unmanaged<Incarnation>.fromOpaque(UnsafeRawPointer(host))._withUnsafeGuaranteedRef { body($0) }
  }

  /// As `with`, for functions of the loop's thread while the instance lives.
  @inline(__always)
  static func onLoop(_ host: OpaquePointer?, _ body: (Incarnation) -> Int32) -> Int32 {
    with(host, MESH_E_INVALID) { $0.acceptsCall ? body($0) : MESH_E_STATE }
  }
}

@c private func hostLog(_ host: OpaquePointer?, _ level: UInt32, _ text: UnsafePointer<CChar>?, _ length: Int) -> Int32
{
  HostTable.with(host, MESH_E_INVALID) { $0.log(level, text, length) }
}

@c private func hostPost(_ host: OpaquePointer?, _ token: UInt64) -> Int32 {
  HostTable.with(host, MESH_E_INVALID) { $0.post(token) }
}

@c private func hostNow(_ host: OpaquePointer?) -> UInt64 {
  HostTable.with(host, 0) { $0.loop.now }
}

@c private func hostWatch(_ host: OpaquePointer?, _ descriptor: Int32, _ mask: UInt32, _ token: UInt64) -> Int32 {
  HostTable.onLoop(host) { $0.watch(descriptor, mask, token) }
}

@c private func hostUnwatch(_ host: OpaquePointer?, _ descriptor: Int32) -> Int32 {
  HostTable.onLoop(host) { $0.unwatch(descriptor) }
}

@c private func hostDeadline(_ host: OpaquePointer?, _ deadline: UInt64) -> Int32 {
  HostTable.onLoop(host) {
    $0.setDeadline(deadline)
    return MESH_OK
  }
}

@c private func hostBufferGet(
  _ host: OpaquePointer?, _ buffers: UnsafeMutablePointer<mesh_buf>?, _ count: UInt32, _ minimum: UInt32
) -> Int32 {
  HostTable.onLoop(host) { $0.getBuffers(buffers, count, minimum) }
}

@c private func hostBufferPut(
  _ host: OpaquePointer?, _ buffers: UnsafeMutablePointer<mesh_buf>?, _ count: UInt32
) -> Int32 {
  HostTable.onLoop(host) { $0.putBuffers(buffers, count) }
}

@c private func hostDeliver(_ host: OpaquePointer?, _ buffers: UnsafeMutablePointer<mesh_buf>?, _ count: UInt32)
  -> Int32
{
  HostTable.onLoop(host) { $0.deliver(buffers, count) }
}

@c private func hostTransmitDone(
  _ host: OpaquePointer?, _ buffers: UnsafeMutablePointer<mesh_buf>?, _ count: UInt32
) -> Int32 {
  HostTable.onLoop(host) { $0.transmitDone(buffers, count) }
}

@c private func hostCredit(_ host: OpaquePointer?, _ link: UInt64, _ frames: UInt32, _ bytes: UInt64) -> Int32 {
  HostTable.onLoop(host) { $0.addCredit(link, frames, bytes) }
}

@c private func hostLinkEvent(_ host: OpaquePointer?, _ events: UnsafeMutablePointer<mesh_link_event>?, _ count: UInt32)
  -> Int32
{
  HostTable.onLoop(host) { $0.takeEvents(events, count) }
}

@c private func hostOffload(
  _ host: OpaquePointer?, _ function: (@convention(c) (UnsafeMutableRawPointer?) -> Int32)?,
  _ argument: UnsafeMutableRawPointer?, _ token: UInt64
) -> Int32 {
  HostTable.onLoop(host) { $0.offload(function, argument, token) }
}

@c private func hostStoreGet(
  _ host: OpaquePointer?, _ key: UnsafePointer<CChar>?, _ length: UInt32, _ token: UInt64
) -> Int32 {
  HostTable.onLoop(host) { $0.storeGet(key, length, token) }
}

@c private func hostStorePut(
  _ host: OpaquePointer?, _ key: UnsafePointer<CChar>?, _ length: UInt32, _ value: UnsafeRawPointer?,
  _ valueLength: UInt32, _ token: UInt64
) -> Int32 {
  HostTable.onLoop(host) { $0.storePut(key, length, value, valueLength, token) }
}

@c private func hostStoreDelete(
  _ host: OpaquePointer?, _ key: UnsafePointer<CChar>?, _ length: UInt32, _ token: UInt64
) -> Int32 {
  HostTable.onLoop(host) { $0.storeDelete(key, length, token) }
}

@c private func hostExtension(_ host: OpaquePointer?, _ name: UnsafePointer<CChar>?) -> UnsafeRawPointer? {
  HostTable.with(host, nil) { $0.hostExtension(name) }
}
