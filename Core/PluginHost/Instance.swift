// SPDX-License-Identifier: Apache-2.0
import MeshEventLoop

/// One configured use of a plugin. It outlives its incarnations: restarts and replacements keep its id.
final class Instance: EventHandler, @unchecked Sendable {
  let id: InstanceID
  let name: String
  var plugin: Plugin
  let parameters: [PluginParameter]
  let secrets: PluginSecretProvider
  let store: InstanceStore?
  let storeQueue = StoreQueue()
  unowned let host: PluginHost

  var state = InstanceState.created
  var reason = ""
  /// The incarnation that new links go to.
  var current: Incarnation?
  /// One that is being started to take over.
  var replacement: Incarnation?
  /// Whether it is meant to run: then a failure is followed by a restart.
  var isWanted = false
  var failuresInARow = 0
  var restarts = 0
  var stuckIncarnations = 0
  var slowCalls: UInt64 = 0
  var violations: UInt64 = 0
  private var restartTimer: TimerID?

  init(
    id: InstanceID, name: String, plugin: Plugin, parameters: [PluginParameter],
    secrets: @escaping PluginSecretProvider, host: PluginHost
  ) {
    self.id = id
    self.name = name
    self.plugin = plugin
    self.parameters = parameters
    self.secrets = secrets
    self.host = host
    store = host.stateDirectory.map { InstanceStore(directory: "\($0)/\(name)") }
  }

  /// 1, 2, 4 … 60 seconds after so many failures in a row.
  static func pause(after failures: Int) -> UInt64 {
    let seconds: UInt64 = failures >= 7 ? 60 : UInt64(1) << UInt64(max(failures - 1, 0))
    return min(seconds, 60) * 1_000_000_000
  }

  func scheduleRestart() {
    cancelRestart()
    failuresInARow += 1
    restartTimer = host.loop.schedule(at: host.loop.now &+ Instance.pause(after: failuresInARow), handler: self)
  }

  func cancelRestart() {
    if let timer = restartTimer { host.loop.cancel(timer) }
    restartTimer = nil
  }

  override func expired(token: UInt64) {
    restartTimer = nil
    host.restart(self)
  }
}
