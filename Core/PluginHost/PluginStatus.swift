// SPDX-License-Identifier: Apache-2.0

/// One loaded plugin and its instances, as `meshctl plugins` shows it.
public struct PluginStatus: Sendable {
  /// The plugin's id.
  public let id: String
  /// Its own version.
  public let version: String
  /// The file, or "static".
  public let path: String
  /// ABI major it was built for.
  public let abiMajor: UInt32
  /// ABI minor it was built for.
  public let abiMinor: UInt32
  /// Address schemes, without "://".
  public let schemes: [String]
  /// Counts the loads of this id.
  public let loadNumber: Int
  /// Its instances, in the order of creation.
  public let instances: [InstanceStatus]
}

/// One instance of a plugin.
public struct InstanceStatus: Sendable {
  /// The instance.
  public let id: InstanceID
  /// Its key in the configuration.
  public let name: String
  /// Where it is in its life.
  public let state: InstanceState
  /// A sentence, or empty.
  public let reason: String
  /// Links of all its incarnations.
  public let links: Int
  /// Restarts after failures.
  public let restarts: Int
  /// Calls over `PluginHost.slowCall`.
  public let slowCalls: UInt64
  /// Broken rules of the ABI.
  public let violations: UInt64
  /// Incarnations that did not answer `stop` and are left in memory.
  public let stuck: Int
}

extension PluginHost {
  /// Every loaded plugin, in the order of loading.
  public var statuses: [PluginStatus] {
    plugins.map { plugin in
      PluginStatus(
        id: plugin.info.id, version: plugin.info.version, path: plugin.path, abiMajor: 1, abiMinor: plugin.abiMinor,
        schemes: plugin.info.schemes, loadNumber: plugin.loadNumber,
        instances: instances.filter { $0.plugin === plugin }.map(status))
    }
  }

  private func status(_ instance: Instance) -> InstanceStatus {
    InstanceStatus(
      id: instance.id, name: instance.name, state: instance.state, reason: instance.reason,
      links: live.filter { $0.instance === instance }.reduce(0) { $0 + links.pointee.links(of: $1).count },
      restarts: instance.restarts, slowCalls: instance.slowCalls, violations: instance.violations,
      stuck: instance.stuckIncarnations)
  }
}
