// SPDX-License-Identifier: Apache-2.0
import CMeshABI

/// What `describe` answers; static memory.
enum Information {
  private static func text(_ text: StaticString) -> UnsafePointer<CChar> {
    UnsafeRawPointer(text.utf8Start).assumingMemoryBound(to: CChar.self)
  }

  nonisolated(unsafe) private static let schemes: UnsafePointer<UnsafePointer<CChar>?> = {
    let schemes = UnsafeMutablePointer<UnsafePointer<CChar>?>.allocate(capacity: 1)
    schemes.initialize(to: text("loopback"))
    return UnsafePointer(schemes)
  }()

  private static var whole: mesh_plugin_info {
    var info = mesh_plugin_info()
    info.id = text("loopback")
    info.version = text("1.0.0")
    info.licence = text("Apache-2.0")
    info.summary = text("Links between nodes of one machine, by a name.")
    info.schemes = schemes
    info.scheme_count = 1
    info.caps.size = UInt32(MemoryLayout<mesh_caps>.size)
    info.caps.flags = MESH_CAP_RELIABLE | MESH_CAP_ORDERED
    info.caps.mtu = Instance.mtu
    info.caps.rtt_us = 50
    return info
  }

  /// Writes the part that the host has room for: a newer host knows more members, an older one fewer.
  static func describe(_ out: UnsafeMutablePointer<mesh_plugin_info>) {
    let room = min(Int(out.pointee.size), MemoryLayout<mesh_plugin_info>.size)
    var info = whole
    info.size = UInt32(room)
    withUnsafeBytes(of: &info) { UnsafeMutableRawPointer(out).copyMemory(from: $0.baseAddress!, byteCount: room) }
  }
}
