import CMeshABI
// SPDX-License-Identifier: Apache-2.0
import TransportDriver

/// What `describe` answers; static memory.
enum Information {
  /// Version of the plugin, as in the ELF note.
  static let version: StaticString = "1.0.0"

  /// What links of this plugin can do. Headroom is that of a client's header for at most 65,535 bytes.
  static func capabilities(mtu: Int) -> mesh_caps {
    var caps = mesh_caps()
    caps.size = UInt32(MemoryLayout<mesh_caps>.size)
    caps.flags = MESH_CAP_RELIABLE | MESH_CAP_ORDERED
    caps.mtu = UInt32(mtu)
    caps.headroom = 8
    caps.lanes = 1
    return caps
  }

  nonisolated(unsafe) private static let schemes: UnsafePointer<UnsafePointer<CChar>?> = {
    let names = UnsafeMutablePointer<UnsafePointer<CChar>?>.allocate(capacity: 2)
    names[0] = Text.pointer("ws")
    names[1] = Text.pointer("wss")
    return UnsafePointer(names)
  }()

  nonisolated(unsafe) private static let options = OptionSchema.table(Options.entries)

  /// Writes as much of the description as the host's struct has room for.
  static func describe(_ target: UnsafeMutablePointer<mesh_plugin_info>) -> Int32 {
    var info = mesh_plugin_info()
    let room = min(Int(target.pointee.size), MemoryLayout<mesh_plugin_info>.size)
    guard room >= MemoryLayout<UInt32>.size else { return MESH_E_INVALID }
    info.size = UInt32(room)
    info.id = Text.pointer("websocket")
    info.version = Text.pointer(version)
    info.licence = Text.pointer("Apache-2.0")
    info.summary = Text.pointer("Carries packets as binary messages of WebSocket connections, with or without TLS.")
    info.schemes = schemes
    info.scheme_count = 2
    info.options = options
    info.option_count = UInt32(Options.entries.count)
    info.caps = capabilities(mtu: Settings().mtu)
    withUnsafeBytes(of: info) { UnsafeMutableRawPointer(target).copyMemory(from: $0.baseAddress!, byteCount: room) }
    return MESH_OK
  }
}
