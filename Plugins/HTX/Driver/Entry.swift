// SPDX-License-Identifier: Apache-2.0
import CMeshABI
import Glibc
import HTXSite
import MeshCrypto
import TransportDriver

/// The host's table, kept from the entry call because `create` is not given it.
nonisolated(unsafe) private var hostTable: UnsafePointer<mesh_host_api>?

/// Fills the plugin's table; what `mesh_plugin_entry_v1` of the shared object calls, and hosts that link the plugin in.
public func htxPluginEntry(
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
    table.start = { PluginTable.with($0) { $0.start() } }
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
        $0.figures.write(
          links: $0.links.count, overQUIC: $0.linksOverQUIC, connections: $0.connections, $0.gate, to: values,
          capacity: Int(capacity))
      }
    }
    table.extension = { name in
      guard let name else { return nil }
      if strcmp(name, MESH_STREAM_NAME) == 0 { return UnsafeRawPointer(StreamTable.table) }
      return strcmp(name, MESH_COMMAND_NAME) == 0 ? UnsafeRawPointer(Commands.table) : nil
    }
    return table
  }

  /// - Parameter sends: whether what ports have to send goes at once, and not in the next turn.
  static func with(_ context: UnsafeMutableRawPointer?, sends: Bool = true, _ body: (Instance) -> Void) -> Int32 {
    guard let context else { return MESH_E_INVALID }
    Unmanaged<Instance>.fromOpaque(context)._withUnsafeGuaranteedRef { instance in
      instance.budget = Instance.turnBytes
      body(instance)
      instance.finishCall(sends: sends)
    }
    return MESH_OK
  }

  private static let create:
    @convention(c) (
      OpaquePointer?, UnsafePointer<mesh_create_options>?, UnsafeMutablePointer<UnsafeMutableRawPointer?>?
    ) -> Int32 = { context, options, out in
      guard let out else { return MESH_E_INVALID }
      out.pointee = nil
      guard let context, let options, let hostTable, let host = Host(context: context, table: hostTable) else {
        return MESH_E_INVALID
      }
      var settings = Settings()
      let parameters = UnsafeBufferPointer(start: options.pointee.params, count: Int(options.pointee.param_count))
      do {
        try settings.apply(parameters)
        try Credentials.check(settings)
        let keys = try Credentials.ticketKeys(settings, derived: secret(Information.ticketSecret, options.pointee))
        let site = try Site(folder: settings.site, server: settings.server, started: Instance.wallClock())
        let instance = Instance(host: host, settings: settings, site: site, ticketKeys: keys)
        instance.credentials.certificateSecret = secret(Information.certificateSecret, options.pointee)
        out.pointee = Unmanaged.passRetained(instance).toOpaque()
        return MESH_OK
      } catch let failure as Failure {
        host.log(MESH_LOG_ERROR, failure.sentence)
      } catch let failure as SiteError {
        host.log(MESH_LOG_ERROR, failure.sentence)
      } catch let wrong as WrongParameter {
        let name = parameters[wrong.index].name.map { String(cString: $0) } ?? "?"
        host.log(MESH_LOG_ERROR, "\(name): not a value that this option takes")
      } catch {
        return MESH_E_INTERNAL
      }
      return MESH_E_CONFIG
    }

  /// A key that comes from the node's identity.
  private static func secret(_ wanted: StaticString, _ options: mesh_create_options) -> SecretBytes? {
    guard let secrets = options.secrets, let offset = MemoryLayout<mesh_secret>.offset(of: \.key) else { return nil }
    for index in 0..<Int(options.secret_count) {
      guard let purpose = secrets[index].purpose, strcmp(purpose, Text.pointer(wanted)) == 0 else { continue }
      // From where it lies: a copy in a variable would be wiped by nobody.
      let key = UnsafeRawPointer(secrets + index) + offset
      return SecretBytes(UnsafeRawBufferPointer(start: key, count: MemoryLayout.size(ofValue: secrets[index].key)))
    }
    return nil
  }

  private static func address(_ text: UnsafePointer<CChar>?, _ length: Int) -> HTXAddress? {
    guard let text, length <= HTXAddress.maximumBytes else { return nil }
    let bytes = UnsafeRawBufferPointer(start: text, count: length)
    return String(validating: bytes, as: UTF8.self).flatMap { HTXAddress($0) }
  }

  private static let listen:
    @convention(c) (UnsafeMutableRawPointer?, UInt64, UnsafePointer<CChar>?, Int, UnsafePointer<mesh_listen_options>?)
      -> Int32 = { context, id, text, length, options in
        guard options?.pointee.flags ?? 0 == 0 else { return MESH_E_FLAG }
        guard let address = address(text, length) else { return MESH_E_ADDRESS }
        var status = MESH_OK
        let outcome = with(context) { status = $0.listen(id, address, descriptor: options?.pointee.fd ?? -1) }
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
        let deadline = options?.pointee.deadline_ns ?? MESH_DEADLINE_NONE
        var status = MESH_E_ADDRESS
        let outcome = with(context) { instance in
          let bytes = UnsafeRawBufferPointer(start: text, count: text == nil ? 0 : length)
          guard let address = instance.dialled.address(bytes, { address(text, length) }) else { return }
          status = instance.connect(id, address, deadline: deadline)
        }
        return outcome == MESH_OK ? status : outcome
      }

  private static let disconnect: @convention(c) (UnsafeMutableRawPointer?, UInt64, UInt32) -> Int32 = {
    context, id, mode in
    guard mode == MESH_DISCONNECT_GRACEFUL || mode == MESH_DISCONNECT_ABORT else { return MESH_E_INVALID }
    var status = MESH_E_STALE
    // A link that is cut off has said goodbye by then; others that are to follow it would acknowledge something first.
    let outcome = with(context, sends: mode == MESH_DISCONNECT_GRACEFUL) { instance in
      guard let connection = instance.links[id] else { return }
      status = MESH_OK
      instance.disconnect(connection, gracefully: mode == MESH_DISCONNECT_GRACEFUL)
    }
    return outcome == MESH_OK ? status : outcome
  }
}
