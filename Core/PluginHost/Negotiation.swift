// SPDX-License-Identifier: Apache-2.0
import CMeshABI
import Glibc

/// The first calls into a plugin: exchange of tables and `describe`, believing nothing that comes back.
struct Negotiation {
  /// Bytes behind each structure that a plugin must leave alone.
  static let guardBytes = 64
  private static let guardByte: UInt8 = 0xA5

  /// The members up to and including `transmit`.
  static let smallestTable = MemoryLayout<mesh_plugin_api>.offset(of: \.stats) ?? 104
  /// The members up to and including `secrets`.
  static let smallestInfo = MemoryLayout<mesh_plugin_info>.offset(of: \.caps) ?? 72

  /// Calls the entry with tables of these sizes (in tests: those of other minors) and returns the plugin's table,
  /// whose members beyond what the plugin filled are NULL.
  static func table(
    from entry: mesh_plugin_entry_v1_fn, host: UnsafePointer<mesh_host_api>,
    capacity: Int = MemoryLayout<mesh_plugin_api>.size
  ) throws(PluginError) -> mesh_plugin_api {
    let room = Room(capacity: capacity)
    defer { room.free() }
    let code = entry(host, room.start.assumingMemoryBound(to: mesh_plugin_api.self))
    guard code == MESH_OK else {
      throw PluginError(
        code == MESH_E_VERSION ? .version : .contract, "the entry function answers \(errorName(code))", code: code)
    }
    let size = Int(room.start.load(as: UInt32.self))
    guard room.isIntact else { throw PluginError(.contract, "the entry function writes beyond the table") }
    guard size >= smallestTable, size <= capacity else {
      throw PluginError(.contract, "the plugin's table has an impossible size (\(size) bytes)")
    }
    var table = mesh_plugin_api()
    // Alone what lies within the declared size is the plugin's; the rest stays NULL.
    withUnsafeMutableBytes(of: &table) { target in
      target.copyMemory(from: UnsafeRawBufferPointer(start: room.start, count: min(size, target.count)))
    }
    table.size = UInt32(truncatingIfNeeded: min(size, MemoryLayout<mesh_plugin_api>.size))
    try requireFunctions(table)
    return table
  }

  private static func requireFunctions(_ table: mesh_plugin_api) throws(PluginError) {
    let mandatory: [(StaticString, Bool)] = [
      ("describe", table.describe != nil), ("create", table.create != nil), ("start", table.start != nil),
      ("stop", table.stop != nil), ("destroy", table.destroy != nil), ("connect", table.connect != nil),
      ("disconnect", table.disconnect != nil), ("on_ready", table.on_ready != nil),
      ("transmit", table.transmit != nil),
    ]
    for (name, isThere) in mandatory where !isThere {
      throw PluginError(.contract, "the plugin's table has no function “\(name)”")
    }
    guard (table.listen == nil) == (table.unlisten == nil) else {
      throw PluginError(.contract, "the plugin's table has only one of “listen” and “unlisten”")
    }
  }

  /// Calls `describe` and copies what it gives.
  static func describe(_ table: mesh_plugin_api, capacity: Int = MemoryLayout<mesh_plugin_info>.size)
    throws(PluginError) -> PluginInfo
  {
    let room = Room(capacity: capacity)
    defer { room.free() }
    guard let describe = table.describe else { throw PluginError(.contract, "there is no function “describe”") }
    let code = describe(room.start.assumingMemoryBound(to: mesh_plugin_info.self))
    guard room.isIntact else { throw PluginError(.contract, "“describe” writes beyond the structure") }
    guard code == MESH_OK else {
      throw PluginError(.contract, "“describe” answers \(errorName(code))", code: code)
    }
    let size = Int(room.start.load(as: UInt32.self))
    guard size >= smallestInfo, size <= capacity else {
      throw PluginError(.contract, "“describe” gives an impossible size (\(size) bytes)")
    }
    var info = mesh_plugin_info()
    withUnsafeMutableBytes(of: &info) { target in
      target.copyMemory(from: UnsafeRawBufferPointer(start: room.start, count: min(size, target.count)))
    }
    return try PluginInfo(info)
  }

  /// Zeroed storage that starts with its size and ends with guard bytes.
  private struct Room {
    let start: UnsafeMutableRawPointer
    private let capacity: Int

    init(capacity: Int) {
      self.capacity = capacity
      start = .allocate(byteCount: capacity + Negotiation.guardBytes, alignment: 16)
      memset(start, 0, capacity)
      memset(start + capacity, Int32(Negotiation.guardByte), Negotiation.guardBytes)
      start.storeBytes(of: UInt32(truncatingIfNeeded: capacity), as: UInt32.self)
    }

    var isIntact: Bool {
      (0..<Negotiation.guardBytes).allSatisfy {
        (start + capacity).load(fromByteOffset: $0, as: UInt8.self) == Negotiation.guardByte
      }
    }

    func free() { start.deallocate() }
  }
}
