// SPDX-License-Identifier: Apache-2.0
import BundleNetwork
import CMeshABI
import TransportDriver

/// The host's table, kept from the entry call because `create` is not given it.
nonisolated(unsafe) private var hostTable: UnsafePointer<mesh_host_api>?

/// Fills the plugin's table; what `mesh_plugin_entry_v1` of the shared object calls, and hosts that link the plugin in.
public func bundlePluginEntry(
  _ host: UnsafePointer<mesh_host_api>?, _ out: UnsafeMutablePointer<mesh_plugin_api>?
) -> Int32 {
  guard let host, let out else { return MESH_E_INVALID }
  let room = min(Int(out.pointee.size), MemoryLayout<mesh_plugin_api>.size)
  guard room >= 8, Int(host.pointee.size) >= MemoryLayout<mesh_host_api>.size else { return MESH_E_VERSION }
  hostTable = host
  var table = PluginTable.functions
  table.size = UInt32(room)
  table.abi_minor = MESH_PLUGIN_ABI_MINOR
  withUnsafeBytes(of: table) { source in
    guard let start = source.baseAddress else { return }
    UnsafeMutableRawPointer(out).copyMemory(from: start, byteCount: room)
  }
  return MESH_OK
}

/// The functions of the plugin's table. It opens no links: its paths are the
/// node's own sessions, and connections to nodes of the bundle protocol that are none of the mesh.
enum PluginTable {
  static var functions: mesh_plugin_api {
    var table = mesh_plugin_api()
    table.describe = { $0.map { Information.describe($0) } ?? MESH_E_INVALID }
    table.create = create
    table.start = { PluginTable.with($0) { $0.start() } }
    table.stop = { context, deadline in
      PluginTable.with(context) { instance in
        instance.stop(deadline: deadline)
        return MESH_OK
      }
    }
    table.destroy = { if let context = $0 { Unmanaged<Instance>.fromOpaque(context).release() } }
    table.configure = { context, parameters, count in
      PluginTable.with(context) { instance in
        instance.configure(UnsafeBufferPointer(start: parameters, count: Int(count)))
        return MESH_OK
      }
    }
    table.listen = listen
    table.unlisten = { context, listener in PluginTable.with(context) { $0.unlisten(listener) } }
    table.connect = { _, _, _, _, options in
      options?.pointee.flags ?? 0 == 0 ? MESH_E_ADDRESS : MESH_E_FLAG
    }
    table.disconnect = { _, _, _ in MESH_E_STALE }
    table.on_ready = { context, events, count, now in
      guard let context else { return MESH_DEADLINE_NONE }
      return Unmanaged<Instance>.fromOpaque(context)._withUnsafeGuaranteedRef {
        $0.ready(events, Int(count), now: now)
      }
    }
    table.transmit = { context, buffers, count in
      guard let buffers else { return count == 0 ? MESH_OK : MESH_E_INVALID }
      return PluginTable.with(context) { instance in
        for index in 0..<Int(count) { buffers[index].status = MESH_E_STALE }
        instance.host.done(buffers, count)
        return MESH_OK
      }
    }
    table.stats = { context, values, capacity in
      guard let values else { return 0 }
      return PluginTable.with(context) { $0.write(to: values, capacity: Int(capacity)) }
    }
    table.extension = { name in name.map { Extensions.table(String(cString: $0)) } ?? nil }
    return table
  }

  static func with(_ context: UnsafeMutableRawPointer?, _ body: (Instance) -> Int32) -> Int32 {
    guard let context else { return MESH_E_INVALID }
    return Unmanaged<Instance>.fromOpaque(context)._withUnsafeGuaranteedRef { body($0) }
  }

  private static func create(
    _ host: Host, _ sockets: TransportDriver.Host, _ settings: PluginSettings,
    _ out: UnsafeMutablePointer<UnsafeMutableRawPointer?>
  ) -> Int32 {
    do throws(Failure) {
      let credentials = try NetworkCredentials(settings.network)
      let instance = Instance(host: host, sockets: sockets, settings: settings, credentials: credentials)
      out.pointee = Unmanaged.passRetained(instance).toOpaque()
      return MESH_OK
    } catch {
      host.log(MESH_LOG_ERROR, error.sentence)
      return error.code
    }
  }

  private static let listen:
    @convention(c) (UnsafeMutableRawPointer?, UInt64, UnsafePointer<CChar>?, Int, UnsafePointer<mesh_listen_options>?)
      -> Int32 = { context, id, text, length, options in
        guard options?.pointee.flags ?? 0 == 0 else { return MESH_E_FLAG }
        guard let text, length <= NetworkAddress.maximumBytes else { return MESH_E_ADDRESS }
        let bytes = UnsafeRawBufferPointer(start: text, count: length)
        guard let address = String(validating: bytes, as: UTF8.self).flatMap({ NetworkAddress($0) }) else {
          return MESH_E_ADDRESS
        }
        return PluginTable.with(context) { $0.listen(id, address, descriptor: options?.pointee.fd ?? -1) }
      }

  private static let create:
    @convention(c) (
      OpaquePointer?, UnsafePointer<mesh_create_options>?, UnsafeMutablePointer<UnsafeMutableRawPointer?>?
    )
      -> Int32 = { context, options, out in
        guard let out else { return MESH_E_INVALID }
        out.pointee = nil
        guard let context, let options, let hostTable else { return MESH_E_INVALID }
        guard let host = Host(context: context, table: hostTable),
          let sockets = TransportDriver.Host(context: context, table: hostTable)
        else { return MESH_E_UNSUPPORTED }
        let parameters = UnsafeBufferPointer(start: options.pointee.params, count: Int(options.pointee.param_count))
        do throws(SettingsProblem) {
          let settings = try Settings.read(parameters, now: host.bundleTime)
          return create(host, sockets, settings, out)
        } catch {
          let parameter = parameters[error.index]
          let name = parameter.name.map { String(cString: $0) } ?? "?"
          let line = parameter.line > 0 ? "line \(parameter.line): " : ""
          let text = parameter.type == MESH_TYPE_STRING ? parameter.value.text.map { " '\(String(cString: $0))'" } : nil
          let reason = error.text ?? "not a value that this option takes\(text ?? "")"
          host.log(MESH_LOG_ERROR, "\(line)\(name): \(reason)")
          return MESH_E_CONFIG
        }
      }
}
