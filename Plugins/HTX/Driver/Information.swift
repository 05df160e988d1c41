// SPDX-License-Identifier: Apache-2.0
import CMeshABI
import HTXTCP
import TransportDriver

/// What `describe` answers; static memory.
enum Information {
  /// Version of the plugin, as in the ELF note.
  static let version: StaticString = "1.0.0"
  /// Bytes before each packet of a lane: its length, big-endian.
  static let frameHeader = 2

  /// What links of this plugin can do: one lane for each traffic class.
  static func capabilities(mtu: Int) -> mesh_caps {
    var caps = mesh_caps()
    caps.size = UInt32(MemoryLayout<mesh_caps>.size)
    caps.flags = MESH_CAP_RELIABLE | MESH_CAP_ORDERED
    caps.mtu = UInt32(mtu)
    caps.headroom = 8
    caps.lanes = UInt32(LaneNumbers.count)
    return caps
  }

  /// What a link goes over, as `MESH_EVENT_UP` tells it: at most eight characters of ASCII.
  static func medium(_ text: StaticString) -> UInt64 {
    text.withUTF8Buffer { $0.prefix(8).reversed().reduce(0) { $0 << 8 | UInt64($1) } }
  }

  nonisolated(unsafe) private static let schemes: UnsafePointer<UnsafePointer<CChar>?> = {
    let names = UnsafeMutablePointer<UnsafePointer<CChar>?>.allocate(capacity: 2)
    names[0] = Text.pointer("htx")
    names[1] = Text.pointer("htx+tcp")
    return UnsafePointer(names)
  }()

  /// The purpose of the key that tickets are made for when no file is given.
  static let ticketSecret: StaticString = "ticket"
  /// The purpose of the key of a certificate that is made at the start: its pin stays the same.
  static let certificateSecret: StaticString = "certificate"

  nonisolated(unsafe) private static let secrets: UnsafePointer<UnsafePointer<CChar>?> = {
    let names = UnsafeMutablePointer<UnsafePointer<CChar>?>.allocate(capacity: 2)
    names[0] = Text.pointer(ticketSecret)
    names[1] = Text.pointer(certificateSecret)
    return UnsafePointer(names)
  }()

  nonisolated(unsafe) private static let options = OptionSchema.table(Options.entries)

  /// Writes as much of the description as the host's struct has room for.
  static func describe(_ target: UnsafeMutablePointer<mesh_plugin_info>) -> Int32 {
    var info = mesh_plugin_info()
    let room = min(Int(target.pointee.size), MemoryLayout<mesh_plugin_info>.size)
    guard room >= MemoryLayout<UInt32>.size else { return MESH_E_INVALID }
    info.size = UInt32(room)
    info.id = Text.pointer("htx")
    info.version = Text.pointer(version)
    info.licence = Text.pointer("Apache-2.0")
    info.summary = Text.pointer("Carries packets as requests to a web site, for whoever has a ticket.")
    info.schemes = schemes
    info.scheme_count = 2
    info.options = options
    info.option_count = UInt32(Options.entries.count)
    info.secrets = secrets
    info.secret_count = 2
    info.caps = capabilities(mtu: Settings().mtu)
    withUnsafeBytes(of: info) { UnsafeMutableRawPointer(target).copyMemory(from: $0.baseAddress!, byteCount: room) }
    return MESH_OK
  }
}
