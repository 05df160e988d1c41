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
    range: ClosedRange<Int64> = 0...0, choices: StaticString? = nil, flags: UInt32 = 0
  ) -> mesh_option {
    var option = mesh_option()
    option.name = pointer(name)
    option.help = pointer(help)
    option.fallback = fallback.map { pointer($0) }
    option.min = range.lowerBound
    option.max = range.upperBound
    option.type = type
    option.flags = flags
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
        "source_quota", MESH_TYPE_SIZE, "Bytes of bundles that are kept of one source node; without it all of quota.",
        range: 65_536...1 << 42),
      option(
        "source_bundles", MESH_TYPE_INT, "Bundles that are kept of one source node; without it all of bundles.",
        range: 1...100_000_000),
      option(
        "source_quotas", MESH_TYPE_STRING,
        "Source nodes with quotas of their own: a node, bytes and, if they are bounded, bundles.",
        flags: MESH_OPTION_LIST),
      option(
        "neighbour_quota", MESH_TYPE_SIZE,
        "Bytes of bundles that are kept of what came through one neighbour; without it all of quota.",
        range: 65_536...1 << 42),
      option(
        "neighbour_bundles", MESH_TYPE_INT,
        "Bundles that are kept of what came through one neighbour; without it all of bundles.", range: 1...100_000_000),
      option(
        "neighbour_quotas", MESH_TYPE_STRING,
        "Neighbours with quotas of their own, and strangers for all others together: bytes and, if they are bounded, bundles.",
        flags: MESH_OPTION_LIST),
      option(
        "priority_quotas", MESH_TYPE_STRING,
        "Quotas of priorities: bulk, normal or expedited, bytes and, if they are bounded, bundles.",
        flags: MESH_OPTION_LIST),
      option(
        "largest", MESH_TYPE_SIZE, "Largest bundle, bytes.", fallback: "17MiB", range: 4096...1 << 30),
      option(
        "routing", MESH_TYPE_STRING, "Who gets bundles for others.", fallback: "epidemic",
        choices: "direct|epidemic|spray|prophet|contacts"),
      option(
        "routes", MESH_TYPE_STRING,
        "Who gets bundles for some destinations instead: a pattern, then via NODE..., direct, epidemic, spray, prophet or contacts.",
        flags: MESH_OPTION_LIST | MESH_OPTION_LIVE),
      option(
        "contacts", MESH_TYPE_PATH, "Contact plan: YAML when the name ends in .yaml, else in the syntax of ION.",
        flags: MESH_OPTION_LIVE),
      option(
        "echo", MESH_TYPE_STRING, "Service of this node that sends every bundle back, such as echo or ipn:4.7."),
      option("copies", MESH_TYPE_INT, "Copies of a bundle with routing spray.", fallback: "8", range: 1...1024),
      option(
        "node", MESH_TYPE_STRING,
        "Name of this node for nodes outside of the mesh, dtn://name/ or ipn:number.0; without it its name in the mesh."
      ),
      option(
        "neighbours", MESH_TYPE_STRING,
        "Other nodes: an endpoint, and the tcpcl://, mtcp:// or stcp:// address where it is dialled, if it is.",
        flags: MESH_OPTION_LIST | MESH_OPTION_LIVE),
      option(
        "strangers", MESH_TYPE_STRING, "What nodes may do that dial and are not in neighbours.", fallback: "receive",
        choices: "refuse|receive|exchange", flags: MESH_OPTION_LIVE),
      option(
        "tls", MESH_TYPE_STRING,
        "TLS below tcpcl; with required both ends show certificates of authorities that name their nodes.",
        fallback: "optional", choices: "never|optional|required"),
      option(
        "certificate", MESH_TYPE_PATH, "Certificate chain for tcpcl, PEM; without it one is made at each start."),
      option("key", MESH_TYPE_PATH, "Key of the certificate, PEM."),
      option("authorities", MESH_TYPE_PATH, "Certificates of those who vouch for other nodes, PEM."),
      option(
        "connections", MESH_TYPE_INT, "Connections to other nodes at a time.", fallback: "64", range: 1...65_536),
      option(
        "keep_alive", MESH_TYPE_DURATION, "Time between signs of life over tcpcl; 0s for none.", fallback: "30s",
        range: 0...65_535_000_000_000),
      option(
        "lenient", MESH_TYPE_BOOL, "Takes bundles without a checksum of the primary block, as some nodes send them.",
        fallback: "false"),
      option(
        "security", MESH_TYPE_STRING,
        "Rules of BPSec: sign or encrypt for a pattern of destinations, verify or decrypt from one of sources, and a key file.",
        flags: MESH_OPTION_LIST | MESH_OPTION_LIVE),
      option(
        "reports", MESH_TYPE_STRING, "Status reports that are sent for bundles that ask for them; without it none.",
        choices: "received|forwarded|delivered|deleted", flags: MESH_OPTION_LIST),
      option(
        "reports_per_minute", MESH_TYPE_INT, "Status reports at once, and in each minute that follows.", fallback: "60",
        range: 1...100_000),
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
