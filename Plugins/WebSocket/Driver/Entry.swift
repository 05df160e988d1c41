import CMeshABI
// SPDX-License-Identifier: Apache-2.0
import TransportDriver
import WebSocketCore

/// The host's table, kept from the entry call because `create` is not given it.
nonisolated(unsafe) private var hostTable: UnsafePointer<mesh_host_api>?

/// Fills the plugin's table; what `mesh_plugin_entry_v1` of the shared object calls, and hosts that link the plugin in.
public func webSocketPluginEntry(
  _ host: UnsafePointer<mesh_host_api>?, _ out: UnsafeMutablePointer<mesh_plugin_api>?
) -> Int32 {
  guard let host, let out else { return MESH_E_INVALID }
  let room = min(Int(out.pointee.size), MemoryLayout<mesh_plugin_api>.size)
  guard room >= 8, Int(host.pointee.size) >= MemoryLayout<mesh_host_api>.size else { return MESH_E_VERSION }
  hostTable = host
  var table = PluginTable.functions
  table.size = UInt32(room)
  table.abi_minor = MESH_PLUGIN_ABI_MINOR
  withUnsafeBytes(of: table) { UnsafeMutableRawPointer(out).copyMemory(from: $0.baseAddress!, byteCount: room) }
  return MESH_OK
}

/// The functions of the plugin's table. Each finds its instance and hands over.
enum PluginTable {
  static var functions: mesh_plugin_api {
    var table = mesh_plugin_api()
    table.describe = { $0.map { Information.describe($0) } ?? MESH_E_INVALID }
    table.create = create
    table.configure = configure
    table.start = { PluginTable.with($0) { $0.report(MESH_EVENT_STARTED) } }
    table.stop = { context, deadline in PluginTable.with(context) { $0.stop(deadline: deadline) } }
    table.destroy = { if let context = $0 { Unmanaged<Instance>.fromOpaque(context).release() } }
    table.listen = listen
    table.unlisten = unlisten
    table.connect = connect
    table.disconnect = disconnect
    table.on_ready = { context, events, count, now in
      guard let context else { return MESH_DEADLINE_NONE }
      return Unmanaged<Instance>.fromOpaque(context)._withUnsafeGuaranteedRef {
        $0.ready(events, Int(count), now: now)
      }
    }
    table.transmit = { context, buffers, count in
      guard let buffers else { return count == 0 ? MESH_OK : MESH_E_INVALID }
      return PluginTable.with(context) { $0.transmit(buffers, Int(count)) }
    }
    table.stats = { context, values, capacity in
      guard let context, let values else { return 0 }
      return Unmanaged<Instance>.fromOpaque(context)._withUnsafeGuaranteedRef {
        $0.figures.write(links: $0.links.count, to: values, capacity: Int(capacity))
      }
    }
    table.extension = { _ in nil }
    return table
  }

  private static func with(_ context: UnsafeMutableRawPointer?, _ body: (Instance) -> Void) -> Int32 {
    guard let context else { return MESH_E_INVALID }
    Unmanaged<Instance>.fromOpaque(context)._withUnsafeGuaranteedRef { instance in
      instance.budget = Instance.turnBytes
      body(instance)
      instance.finishCall()
    }
    return MESH_OK
  }

  private static let create:
    @convention(c) (
      OpaquePointer?, UnsafePointer<mesh_create_options>?, UnsafeMutablePointer<UnsafeMutableRawPointer?>?
    )
      -> Int32 = { context, options, out in
        guard let out else { return MESH_E_INVALID }
        out.pointee = nil
        guard let context, let options, let hostTable, let host = Host(context: context, table: hostTable) else {
          return MESH_E_INVALID
        }
        var settings = Settings()
        let parameters = UnsafeBufferPointer(start: options.pointee.params, count: Int(options.pointee.param_count))
        do {
          try settings.apply(parameters)
          let instance = Instance(host: host, settings: settings)
          try instance.credentials.check(settings)
          out.pointee = Unmanaged.passRetained(instance).toOpaque()
          return MESH_OK
        } catch let failure as Failure {
          host.log(MESH_LOG_ERROR, failure.sentence)
        } catch let wrong as WrongParameter {
          let name = parameters[wrong.index].name.map { String(cString: $0) } ?? "?"
          host.log(MESH_LOG_ERROR, "\(name): not a value that this option takes")
        } catch {
          return MESH_E_INTERNAL
        }
        return MESH_E_CONFIG
      }

  private static let configure: @convention(c) (UnsafeMutableRawPointer?, UnsafePointer<mesh_param>?, UInt32) -> Int32 =
    { context, parameters, count in
      with(context) { $0.configure(UnsafeBufferPointer(start: parameters, count: Int(count))) }
    }

  private static func address(_ text: UnsafePointer<CChar>?, _ length: Int) -> WebSocketAddress? {
    guard let text, length <= WebSocketAddress.maximumBytes else { return nil }
    let bytes = UnsafeRawBufferPointer(start: text, count: length)
    return String(validating: bytes, as: UTF8.self).flatMap { WebSocketAddress($0) }
  }

  private static let rule =
    "a listener of websocket is ws:// or wss:// with an IP address and a port, such as ws://0.0.0.0:8080/mesh"

  private static let listen:
    @convention(c) (UnsafeMutableRawPointer?, UInt64, UnsafePointer<CChar>?, Int, UnsafePointer<mesh_listen_options>?)
      -> Int32 = { context, id, text, length, options in
        guard options?.pointee.flags ?? 0 == 0 else { return MESH_E_FLAG }
        let address = address(text, length)
        var status = MESH_OK
        let outcome = with(context) { instance in
          let isUsable = address.map { $0.pin == nil && SocketAddress(literal: $0.host, port: $0.port) != nil } ?? false
          guard isUsable, let address else {
            status = MESH_E_ADDRESS
            return instance.host.log(MESH_LOG_ERROR, rule)
          }
          status = instance.listen(id, address, descriptor: options?.pointee.fd ?? -1)
        }
        return outcome == MESH_OK ? status : outcome
      }

  private static let unlisten: @convention(c) (UnsafeMutableRawPointer?, UInt64) -> Int32 = { context, id in
    var status = MESH_E_STALE
    let outcome = with(context) { instance in
      guard let listener = instance.listeners[id] else { return }
      status = MESH_OK
      instance.unlisten(listener)
    }
    return outcome == MESH_OK ? status : outcome
  }

  private static let connect:
    @convention(c) (UnsafeMutableRawPointer?, UInt64, UnsafePointer<CChar>?, Int, UnsafePointer<mesh_connect_options>?)
      -> Int32 = { context, id, text, length, options in
        guard options?.pointee.flags ?? 0 == 0 else { return MESH_E_FLAG }
        guard let address = address(text, length) else { return MESH_E_ADDRESS }
        let deadline = options?.pointee.deadline_ns ?? MESH_DEADLINE_NONE
        var status = MESH_OK
        let outcome = with(context) { status = $0.connect(id, address, deadline: deadline) }
        return outcome == MESH_OK ? status : outcome
      }

  private static let disconnect: @convention(c) (UnsafeMutableRawPointer?, UInt64, UInt32) -> Int32 = {
    context, id, mode in
    guard mode == MESH_DISCONNECT_GRACEFUL || mode == MESH_DISCONNECT_ABORT else { return MESH_E_INVALID }
    var status = MESH_E_STALE
    let outcome = with(context) { instance in
      guard let link = instance.links[id] else { return }
      status = MESH_OK
      instance.disconnect(link, gracefully: mode == MESH_DISCONNECT_GRACEFUL)
    }
    return outcome == MESH_OK ? status : outcome
  }
}
