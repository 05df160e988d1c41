// SPDX-License-Identifier: Apache-2.0
// mesh_loopback: links between nodes of one machine, by a name: `loopback:NAME`. The same transport as in
// Examples/plugin-c; docs/plugin-author/tutorial-swift.md builds it step by step.
import CMeshABI

/// The one symbol that this library exports.
@c
public func mesh_plugin_entry_v1(
  _ host: UnsafePointer<mesh_host_api>?, _ out: UnsafeMutablePointer<mesh_plugin_api>?
) -> Int32 {
  guard let host, let out else { return MESH_E_INVALID }
  guard Int(host.pointee.size) >= MemoryLayout<mesh_host_api>.size else { return MESH_E_VERSION }
  let room = min(Int(out.pointee.size), MemoryLayout<mesh_plugin_api>.size)
  var table = PluginTable.functions
  table.size = UInt32(room)
  table.abi_minor = MESH_PLUGIN_ABI_MINOR
  withUnsafeBytes(of: &table) { UnsafeMutableRawPointer(out).copyMemory(from: $0.baseAddress!, byteCount: room) }
  Host.table = host
  return MESH_OK
}

/// The functions of the plugin's table. Each finds its instance and hands over.
enum PluginTable {
  static var functions: mesh_plugin_api {
    var table = mesh_plugin_api()
    table.describe = { out in
      guard let out else { return MESH_E_INVALID }
      Information.describe(out)
      return MESH_OK
    }
    table.create = { host, _, out in
      guard let host = Host(host) else { return MESH_E_VERSION }
      out?.pointee = Unmanaged.passRetained(Instance(host)).toOpaque()
      return MESH_OK
    }
    table.start = { context in PluginTable.with(context) { $0.host.tell(MESH_EVENT_STARTED) } }
    table.stop = { context, deadline in PluginTable.with(context) { $0.stop(deadline: deadline) } }
    table.destroy = { context in
      if let context { Unmanaged<Instance>.fromOpaque(context).release() }
    }
    table.listen = { context, id, text, length, options in
      guard let options, options.pointee.flags == 0 else { return MESH_E_FLAG }
      guard let name = PluginTable.name(text, length) else { return MESH_E_ADDRESS }
      return PluginTable.with(context) { $0.listen(id, name, options.pointee.fd) }
    }
    table.unlisten = { context, id in
      var status = MESH_E_STALE
      _ = PluginTable.with(context) { status = $0.unlisten(id) }
      return status
    }
    table.connect = { context, id, text, length, options in
      guard let options, options.pointee.flags == 0 else { return MESH_E_FLAG }
      guard let name = PluginTable.name(text, length) else { return MESH_E_ADDRESS }
      return PluginTable.with(context) { $0.connect(id, name, options.pointee.deadline_ns) }
    }
    table.disconnect = { context, id, mode in
      var status = MESH_E_STALE
      _ = PluginTable.with(context) { status = $0.disconnect(id, mode) }
      return status
    }
    table.on_ready = { context, ready, count, now in
      var next = MESH_DEADLINE_NONE
      let ready = UnsafeBufferPointer(start: ready, count: ready == nil ? 0 : Int(count))
      _ = PluginTable.with(context) { next = $0.ready(ready, now: now) }
      return next
    }
    table.transmit = { context, buffers, count in
      guard let buffers else { return MESH_OK }
      return PluginTable.with(context) { $0.transmit(buffers, Int(count)) }
    }
    return table
  }

  /// Without the reference counting that `takeUnretainedValue` costs on every call.
  private static func with(_ context: UnsafeMutableRawPointer?, _ body: (Instance) -> Void) -> Int32 {
    guard let context else { return MESH_E_INVALID }
    Unmanaged<Instance>.fromOpaque(context)._withUnsafeGuaranteedRef { body($0) }
    return MESH_OK
  }

  private static func name(_ text: UnsafePointer<CChar>?, _ length: Int) -> String? {
    Socket.name(in: UnsafeRawBufferPointer(start: text, count: text == nil ? 0 : length))
  }
}
