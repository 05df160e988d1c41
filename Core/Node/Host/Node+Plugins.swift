// SPDX-License-Identifier: Apache-2.0
import Glibc
import MeshConfig
import MeshObserve
import MeshPluginHost

extension Node {
  /// How long the old load of a replaced plugin keeps its links, nanoseconds.
  private static let replacementDrain: UInt64 = 30_000_000_000

  /// Loads a new file of a plugin beside the old one and moves its transports over.
  public func replacePlugin(_ id: String, with path: String) throws(NodeStartError) {
    try Node.checkTrust(path, configuration.plugins.trust)
    do throws(PluginError) {
      let plugin = try host.load(path)
      for transport in transports where transport.plugin?.info.id == id && transport.isRunning {
        guard let instance = transport.instance else { continue }
        try host.replace(instance, with: plugin, drain: Node.replacementDrain)
        transport.plugin = plugin
      }
      log.info("plugin_replaced", [.text("plugin", id), .text("file", path), .text("version", plugin.info.version)])
    } catch { throw NodeStartError(error.text) }
    applyPolicy()
  }

  /// A person allows a plugin again that had taken the node down.
  public func forgiveCrashes(of id: String) { unlink("\(configuration.node.state)/plugins/\(id).starting") }

  /// Whether the host refuses to run a plugin because it took the node down several times in a row.
  public func isDisabledByCrashes(_ id: String) -> Bool { host.isDisabledByCrashes(id) }
}
