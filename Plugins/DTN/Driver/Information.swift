// SPDX-License-Identifier: Apache-2.0
import CMeshABI

/// What `describe` answers; static memory.
enum Information {
  /// Version of the plugin, as in the ELF note.
  static let version: StaticString = "1.0.0"

  private static func pointer(_ text: StaticString) -> UnsafePointer<CChar> {
    UnsafeRawPointer(text.utf8Start).assumingMemoryBound(to: CChar.self)
  }

  nonisolated(unsafe) private static let schemes: UnsafePointer<UnsafePointer<CChar>?> = {
    let names = UnsafeMutablePointer<UnsafePointer<CChar>?>.allocate(capacity: 1)
    names[0] = pointer("dtn")
    return UnsafePointer(names)
  }()

  private static func option(
    _ name: StaticString, _ type: UInt32, _ help: StaticString, fallback: StaticString? = nil,
    range: ClosedRange<Int64> = 0...0, choices: StaticString? = nil
  ) -> mesh_option {
    var option = mesh_option()
    option.name = pointer(name)
    option.help = pointer(help)
    option.fallback = fallback.map { pointer($0) }
    option.min = range.lowerBound
    option.max = range.upperBound
    option.type = type
    option.choices = choices.map { pointer($0) }
    return option
  }

  nonisolated(unsafe) private static let options: (table: UnsafePointer<mesh_option>, count: Int) = {
    let entries = [
      option("store", MESH_TYPE_PATH, "Folder of the stored bundles; without it they are kept in memory only."),
      option(
        "quota", MESH_TYPE_SIZE, "Bytes of bundles that are kept.", fallback: "1GiB", range: 65_536...1 << 42),
      option("bundles", MESH_TYPE_INT, "Bundles that are kept.", fallback: "1000000", range: 1...100_000_000),
      option(
        "source_quota", MESH_TYPE_SIZE, "Bytes of bundles that are kept of one source; without it all of quota.",
        range: 65_536...1 << 42),
      option(
        "largest", MESH_TYPE_SIZE, "Largest bundle, bytes.", fallback: "17MiB", range: 4096...1 << 30),
      option(
        "routing", MESH_TYPE_STRING, "Who gets bundles for others.", fallback: "epidemic",
        choices: "direct|epidemic|spray|prophet"),
      option("copies", MESH_TYPE_INT, "Copies of a bundle with routing spray.", fallback: "8", range: 1...1024),
      option(
        "hops", MESH_TYPE_INT, "How often a bundle of this node may be forwarded.", fallback: "32", range: 1...255),
    ]
    let table = UnsafeMutablePointer<mesh_option>.allocate(capacity: entries.count)
    table.initialize(from: entries, count: entries.count)
    return (UnsafePointer(table), entries.count)
  }()

  /// Writes as much of the description as the host's struct has room for.
  static func describe(_ target: UnsafeMutablePointer<mesh_plugin_info>) -> Int32 {
    var info = mesh_plugin_info()
    let room = min(Int(target.pointee.size), MemoryLayout<mesh_plugin_info>.size)
    guard room >= MemoryLayout<UInt32>.size else { return MESH_E_INVALID }
    info.size = UInt32(room)
    info.id = pointer("dtn")
    info.version = pointer(version)
    info.licence = pointer("Apache-2.0")
    info.summary = pointer("Keeps messages as bundles (RFC 9171) until a path comes, over restarts and days.")
    info.schemes = schemes
    info.scheme_count = 1
    info.options = options.table
    info.option_count = UInt32(options.count)
    info.caps.size = UInt32(MemoryLayout<mesh_caps>.size)
    info.caps.flags = MESH_CAP_STORES
    info.caps.mtu = 65_528
    info.caps.horizon_s = UInt32.max
    withUnsafeBytes(of: info) { source in
      guard let start = source.baseAddress else { return }
      UnsafeMutableRawPointer(target).copyMemory(from: start, byteCount: room)
    }
    return MESH_OK
  }
}
