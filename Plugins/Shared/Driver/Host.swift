// SPDX-License-Identifier: Apache-2.0
import CMeshABI

/// The host's table with the context of one instance; every function was checked to be there.
package struct Host {
  private let context: OpaquePointer
  private let table: mesh_host_api

  package init?(context: OpaquePointer, table: UnsafePointer<mesh_host_api>) {
    guard Int(table.pointee.size) >= MemoryLayout<mesh_host_api>.size else { return nil }
    self.context = context
    self.table = table.pointee
    let present =
      self.table.log != nil && self.table.post != nil && self.table.now != nil && self.table.watch != nil
      && self.table.unwatch != nil && self.table.deadline != nil && self.table.buffer_get != nil
      && self.table.buffer_put != nil && self.table.deliver != nil && self.table.transmit_done != nil
      && self.table.credit != nil && self.table.link_event != nil && self.table.offload != nil
    guard present else { return nil }
  }

  package func log(_ level: UInt32, _ text: String) {
    var text = text
    text.withUTF8 { bytes in
      bytes.withMemoryRebound(to: CChar.self) {
        _ = table.log.unsafelyUnwrapped(context, level, $0.baseAddress, $0.count)
      }
    }
  }

  package func post(_ token: UInt64) { _ = table.post.unsafelyUnwrapped(context, token) }
  package func now() -> UInt64 { table.now.unsafelyUnwrapped(context) }
  package func deadline(_ at: UInt64) { _ = table.deadline.unsafelyUnwrapped(context, at) }

  package func watch(_ descriptor: Int32, _ mask: UInt32, _ token: UInt64) -> Bool {
    table.watch.unsafelyUnwrapped(context, descriptor, mask, token) == MESH_OK
  }

  package func unwatch(_ descriptor: Int32) { _ = table.unwatch.unsafelyUnwrapped(context, descriptor) }

  package func get(_ buffers: UnsafeMutablePointer<mesh_buf>, _ count: Int, capacity: Int) -> Int {
    max(0, Int(table.buffer_get.unsafelyUnwrapped(context, buffers, UInt32(count), UInt32(capacity))))
  }

  package func put(_ buffers: UnsafeMutablePointer<mesh_buf>, _ count: Int) {
    _ = table.buffer_put.unsafelyUnwrapped(context, buffers, UInt32(count))
  }

  package func deliver(_ buffers: UnsafeMutablePointer<mesh_buf>, _ count: Int) {
    _ = table.deliver.unsafelyUnwrapped(context, buffers, UInt32(count))
  }

  package func done(_ buffers: UnsafeMutablePointer<mesh_buf>, _ count: Int) {
    _ = table.transmit_done.unsafelyUnwrapped(context, buffers, UInt32(count))
  }

  package func credit(_ link: UInt64, frames: UInt32, bytes: UInt64) {
    _ = table.credit.unsafelyUnwrapped(context, link, frames, bytes)
  }

  package func event(_ event: inout mesh_link_event) { _ = table.link_event.unsafelyUnwrapped(context, &event, 1) }

  package func offload(
    _ function: @escaping @convention(c) (UnsafeMutableRawPointer?) -> Int32, _ argument: UnsafeMutableRawPointer,
    token: UInt64
  ) -> Int32 {
    table.offload.unsafelyUnwrapped(context, function, argument, token)
  }

  /// Asks for a value of the durable store; `MESH_E_UNSUPPORTED` when there is none to ask.
  package func load(_ key: String, token: UInt64) -> Int32 {
    guard let get = table.store_get else { return MESH_E_UNSUPPORTED }
    var key = key
    return key.withUTF8 { bytes in
      bytes.withMemoryRebound(to: CChar.self) { get(context, $0.baseAddress, UInt32($0.count), token) }
    }
  }

  /// Puts a value into the durable store; `MESH_E_UNSUPPORTED` when there is none.
  package func store(_ key: String, _ value: [UInt8], token: UInt64) -> Int32 {
    guard let put = table.store_put else { return MESH_E_UNSUPPORTED }
    var key = key
    return key.withUTF8 { bytes in
      bytes.withMemoryRebound(to: CChar.self) { name in
        put(context, name.baseAddress, UInt32(name.count), value, UInt32(value.count), token)
      }
    }
  }

  /// The host's table of an extension.
  package func extensionTable(_ name: String) -> UnsafeRawPointer? { table.extension.flatMap { $0(context, name) } }

  /// The host as functions of an extension want it.
  package var pointer: OpaquePointer { context }
}
