// SPDX-License-Identifier: Apache-2.0
import CMeshABI
import CPlugin

nonisolated(unsafe) private var hostTable: UnsafePointer<mesh_host_api>?

/// The plugin of `CPlugin` once more, in Swift: state behind an unsafe pointer, no class on the way.
@c func swiftPluginEntry(_ host: UnsafePointer<mesh_host_api>?, _ out: UnsafeMutablePointer<mesh_plugin_api>?) -> Int32
{
  guard let host, let out else { return MESH_E_INVALID }
  hostTable = host
  out.pointee.describe = describe
  out.pointee.create = create
  out.pointee.start = { emit($0, MESH_EVENT_STARTED, 0) }
  out.pointee.stop = { context, _ in emit(context, MESH_EVENT_STOPPED, 0) }
  out.pointee.destroy = { $0?.assumingMemoryBound(to: counted.self).deallocate() }
  out.pointee.connect = { context, link, _, _, _ in
    _ = emit(context, MESH_EVENT_UP, link)
    guard let context else { return MESH_E_INVALID }
    let host = context.assumingMemoryBound(to: counted.self).pointee.host
    return hostTable?.pointee.credit(host, link, 1 << 31, 1 << 40) ?? MESH_E_STATE
  }
  out.pointee.disconnect = { context, link, _ in emit(context, MESH_EVENT_DOWN, link) }
  out.pointee.on_ready = { _, _, _, _ in MESH_DEADLINE_NONE }
  out.pointee.transmit = transmit
  out.pointee.stats = { context, _, _ in
    c_complete(hostTable, context?.assumingMemoryBound(to: counted.self))
    return 0
  }
  return MESH_OK
}

private func describe(_ info: UnsafeMutablePointer<mesh_plugin_info>?) -> Int32 {
  guard let info else { return MESH_E_INVALID }
  info.pointee.id = text("counting-swift")
  info.pointee.version = text("1")
  info.pointee.caps.size = UInt32(MemoryLayout<mesh_caps>.size)
  info.pointee.caps.mtu = 1500
  return MESH_OK
}

private func create(
  _ host: OpaquePointer?, _ options: UnsafePointer<mesh_create_options>?,
  _ context: UnsafeMutablePointer<UnsafeMutableRawPointer?>?
) -> Int32 {
  let state = UnsafeMutablePointer<counted>.allocate(capacity: 1)
  state.initialize(to: counted())
  state.pointee.host = host
  context?.pointee = UnsafeMutableRawPointer(state)
  return MESH_OK
}

private func transmit(
  _ context: UnsafeMutableRawPointer?, _ buffers: UnsafeMutablePointer<mesh_buf>?, _ count: UInt32
) -> Int32 {
  guard let context, let buffers else { return MESH_E_INVALID }
  let state = context.assumingMemoryBound(to: counted.self)
  var bytes: UInt64 = 0
  var index = 0
  while index < Int(count) {
    bytes &+= UInt64(buffers[index].len)
    index += 1
  }
  state.pointee.frames &+= UInt64(count)
  state.pointee.bytes &+= bytes
  let slot = Int(state.pointee.given_count & 15)
  state.pointee.given_count &+= 1
  withUnsafeMutablePointer(to: &state.pointee.given) {
    $0.withMemoryRebound(to: UnsafeMutablePointer<mesh_buf>?.self, capacity: 16) { $0[slot] = buffers }
  }
  withUnsafeMutablePointer(to: &state.pointee.sizes) {
    $0.withMemoryRebound(to: UInt32.self, capacity: 16) { $0[slot] = count }
  }
  return MESH_OK
}

private func emit(_ context: UnsafeMutableRawPointer?, _ kind: UInt32, _ link: UInt64) -> Int32 {
  guard let context else { return MESH_E_INVALID }
  var event = mesh_link_event()
  event.kind = kind
  event.link = link
  let host = context.assumingMemoryBound(to: counted.self).pointee.host
  return hostTable?.pointee.link_event(host, &event, 1) ?? MESH_E_STATE
}

private func text(_ text: StaticString) -> UnsafePointer<CChar> {
  UnsafeRawPointer(text.utf8Start).assumingMemoryBound(to: CChar.self)
}
