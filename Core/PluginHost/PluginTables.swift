// SPDX-License-Identifier: Apache-2.0
import CMeshABI
import Synchronization

/// The tables of the plugins in this process. Each plugin is entered once, whichever host asks first: what it keeps of that
/// call is for all of them, and hosts on other threads may be using it. An entry is pure (MPA-12), and so loads no plugin.
enum PluginTables {
  private struct Table: @unchecked Sendable { let functions: mesh_plugin_api }

  /// By the address of the entry function.
  private static let entered = Mutex<[UInt: Table]>([:])

  /// What the plugin filled in. One that failed is entered again by the next host.
  static func table(of entry: mesh_plugin_entry_v1_fn) throws(PluginError) -> mesh_plugin_api {
    let address = unsafeBitCast(entry, to: UInt.self)
    return try entered.withLock { entered in
      if let known = entered[address] { return Result<Table, PluginError>.success(known) }
      return Result { () throws(PluginError) in
        let table = Table(functions: try Negotiation.table(from: entry, host: HostTable.shared))
        entered[address] = table
        return table
      }
    }.get().functions
  }
}
