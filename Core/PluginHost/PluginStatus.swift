// SPDX-License-Identifier: Apache-2.0

/// One loaded plugin and its instances, as `meshctl plugins` shows it.
public struct PluginStatus: Sendable {
  public let id: String
  public let version: String
  public let path: String
  public let abiMajor: UInt32
  public let abiMinor: UInt32
  public let schemes: [String]
  /// Counts the loads of this id.
  public let loadNumber: Int
  public let instances: [InstanceStatus]
}

/// One instance of a plugin.
public struct InstanceStatus: Sendable {
  public let id: InstanceID
  public let name: String
  public let state: InstanceState
  /// A sentence, or empty.
  public let reason: String
  public let links: Int
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
      links: live.filter { $0.instance === instance }.reduce(0) { $0 + links.links(of: $1).count },
      restarts: instance.restarts, slowCalls: instance.slowCalls, violations: instance.violations,
      stuck: instance.stuckIncarnations)
  }
}
