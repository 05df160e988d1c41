// SPDX-License-Identifier: Apache-2.0
import CMeshABI
import Glibc

/// A loaded plugin. Its code stays mapped for the life of the process: closing a library whose runtime others may
/// have looked into crashes them later.
public final class Plugin {
  /// What `describe` said.
  public let info: PluginInfo
  /// The file, or "static" for a plugin that is linked in.
  public let path: String
  /// 1 for the first loaded with this id, 2 for the one that replaced it, and so on.
  public let loadNumber: Int
  /// The minor version the plugin was built for.
  public var abiMinor: UInt32 { table.abi_minor }
  /// How many bytes of the table the plugin filled.
  public var tableSize: UInt32 { table.size }

  let table: mesh_plugin_api

  init(table: mesh_plugin_api, info: PluginInfo, path: String, loadNumber: Int) {
    self.table = table
    self.info = info
    self.path = path
    self.loadNumber = loadNumber
  }

  /// A table of an extension of the plugin, or nil. Static memory. From any thread.
  public func extensionTable(_ name: String) -> UnsafeRawPointer? {
    guard let function = table.extension else { return nil }
    return function(name)
  }

  static func check(_ note: PluginNote, against id: String, path: String) throws(PluginError) {
    guard note.id == id else {
      throw PluginError(.note, "\(path): the note says “\(note.id)”, the file's name “\(id)”")
    }
    guard note.abiMajor == MESH_PLUGIN_ABI_MAJOR else {
      throw PluginError(
        .version, "\(path): built for ABI \(note.abiMajor).\(note.abiMinor); this host has \(MESH_PLUGIN_ABI_MAJOR)",
        code: MESH_E_VERSION)
    }
  }

  /// Links the library in a sealed copy, whose descriptor stays open for ever unless this throws.
  static func open(_ descriptor: Int32, path: String) throws(PluginError) -> UnsafeMutableRawPointer {
    // RTLD_NODELETE, which the Glibc module does not have.
    let noDelete: Int32 = 0x1000
    if let library = dlopen("/proc/self/fd/\(descriptor)", RTLD_NOW | RTLD_LOCAL | noDelete) { return library }
    var reason = dlerror().map { String(cString: $0) } ?? "cannot be linked"
    // The linker names the file by the descriptor that it was given.
    let name = "/proc/self/fd/\(descriptor): "
    if reason.hasPrefix(name) { reason.removeFirst(name.count) }
    close(descriptor)
    throw PluginError(.link, "\(path): \(reason)")
  }

  /// The entry function of a linked library.
  static func entry(of library: UnsafeMutableRawPointer, path: String) throws(PluginError) -> mesh_plugin_entry_v1_fn {
    guard let symbol = dlsym(library, "mesh_plugin_entry_v1") else {
      throw PluginError(.link, "\(path): does not export mesh_plugin_entry_v1")
    }
    return unsafeBitCast(symbol, to: mesh_plugin_entry_v1_fn.self)
  }
}
