// SPDX-License-Identifier: Apache-2.0
import CMeshABI
import Synchronization
import Testing

@testable import MeshPluginHost

private let entryKeeps: mesh_plugin_entry_v1_fn = { host, out in
  guard let host, let out else { return MESH_E_INVALID }
  // What a plugin sees of a host of this size.
  seenHostSize = host.pointee.size
  fill(out, UInt32(MemoryLayout<mesh_plugin_api>.size))
  return MESH_OK
}

/// A plugin of a later minor: its table has 64 bytes more than today's.
private let entryOfTheFuture: mesh_plugin_entry_v1_fn = { _, out in
  guard let out else { return MESH_E_INVALID }
  fill(out, UInt32(MemoryLayout<mesh_plugin_api>.size) + 64)
  return MESH_OK
}

/// A plugin of an earlier draft, whose table ends after `transmit`.
private let entryOfThePast: mesh_plugin_entry_v1_fn = { _, out in
  guard let out else { return MESH_E_INVALID }
  fill(out, UInt32(Negotiation.smallestTable))
  return MESH_OK
}

/// A plugin that fails when it is entered for the first time.
private let entryThatCounts: mesh_plugin_entry_v1_fn = { _, out in
  guard let out else { return MESH_E_INVALID }
  fill(out, UInt32(MemoryLayout<mesh_plugin_api>.size))
  return entries.add(1, ordering: .relaxed).newValue == 1 ? MESH_E_INTERNAL : MESH_OK
}

private let entries = Atomic<Int>(0)
nonisolated(unsafe) private var seenHostSize: UInt32 = 0

private func fill(_ out: UnsafeMutablePointer<mesh_plugin_api>, _ mine: UInt32) {
  let size = min(out.pointee.size, mine)
  var table = mesh_plugin_api()
  table.abi_minor = 0
  table.describe = { info in
    guard let info else { return MESH_E_INVALID }
    info.pointee.id = staticText("table")
    info.pointee.version = staticText("1")
    info.pointee.caps.size = UInt32(MemoryLayout<mesh_caps>.size)
    info.pointee.caps.mtu = 1200
    return MESH_OK
  }
  table.create = { _, _, _ in MESH_E_UNSUPPORTED }
  table.start = { _ in MESH_OK }
  table.stop = { _, _ in MESH_OK }
  table.destroy = { _ in }
  table.connect = { _, _, _, _, _ in MESH_E_UNSUPPORTED }
  table.disconnect = { _, _, _ in MESH_OK }
  table.on_ready = { _, _, _, _ in MESH_DEADLINE_NONE }
  table.transmit = { _, _, _ in MESH_OK }
  table.stats = { _, _, _ in 0 }
  table.extension = { _ in nil }
  table.size = size
  let bytes = UnsafeMutableRawPointer(out)
  withUnsafeBytes(of: table) { source in
    for offset in 0..<Int(size) {
      // Members that today's host does not know are filled as well when there is room for them.
      bytes.storeBytes(of: offset < source.count ? source[offset] : 0x5A, toByteOffset: offset, as: UInt8.self)
    }
  }
}

private func staticText(_ text: StaticString) -> UnsafePointer<CChar> {
  UnsafeRawPointer(text.utf8Start).assumingMemoryBound(to: CChar.self)
}

@Suite("Negotiation", .serialized)
struct NegotiationTests {
  private func host(size: Int) -> UnsafeMutablePointer<mesh_host_api> {
    let room = UnsafeMutableRawPointer.allocate(byteCount: max(size, 144), alignment: 8)
    room.initializeMemory(as: UInt8.self, repeating: 0, count: max(size, 144))
    let table = room.assumingMemoryBound(to: mesh_host_api.self)
    table.pointee = HostTable.shared.pointee
    table.pointee.size = UInt32(size)
    return table
  }

  @Test(
    "Older and newer plugins and hosts agree on what both know",
    arguments: [144, 144 + 80], [0, 1, 2])
  func matrix(hostSize: Int, plugin: Int) throws {
    let entry = [entryOfThePast, entryKeeps, entryOfTheFuture][plugin]
    let table = host(size: hostSize)
    defer { UnsafeMutableRawPointer(table).deallocate() }
    for capacity in [MemoryLayout<mesh_plugin_api>.size, MemoryLayout<mesh_plugin_api>.size + 64] {
      let result = try Negotiation.table(from: entry, host: table, capacity: capacity)
      #expect(result.transmit != nil)
      #expect((result.stats == nil) == (plugin == 0) && (result.extension == nil) == (plugin == 0))
      #expect(result.size <= UInt32(MemoryLayout<mesh_plugin_api>.size))
      let info = try Negotiation.describe(result)
      #expect(info.id == "table" && info.capabilities.mtu == 1200)
    }
    if plugin == 1 { #expect(seenHostSize == UInt32(hostSize)) }
  }

  @Test("A table too small to hold what is mandatory is refused")
  func small() {
    #expect(throws: PluginError.self) {
      _ = try Negotiation.table(from: entryKeeps, host: HostTable.shared, capacity: Negotiation.smallestTable - 8)
    }
  }

  @Test("The host's table has every function and tells its size")
  func hostTable() {
    let table = HostTable.shared.pointee
    #expect(table.size == 144 && table.abi_minor == MESH_PLUGIN_ABI_MINOR)
    withUnsafeBytes(of: table) { bytes in
      for offset in stride(from: 8, to: 144, by: 8) { #expect(bytes.load(fromByteOffset: offset, as: UInt.self) != 0) }
    }
  }

  @Test("A plugin that is linked in is negotiated with in the same way")
  func linkedIn() throws {
    let node = try TestNode()
    let plugin = try node.host.register(entryKeeps)
    #expect(plugin.info.id == "table" && plugin.path == "static")
    #expect(throws: PluginError.self) { _ = try node.create(plugin) }
  }

  @Test("A plugin is entered until that has gone well once, for all hosts of the process")
  func entered() throws {
    let nodes = [try TestNode(), try TestNode(), try TestNode()]
    #expect(throws: PluginError.self) { _ = try nodes[0].host.register(entryThatCounts) }
    for node in nodes { #expect(try node.host.register(entryThatCounts).info.id == "table") }
    #expect(entries.load(ordering: .relaxed) == 2)
  }
}
