// SPDX-License-Identifier: Apache-2.0
import MeshConfig
import MeshControl
import MeshNode
import MeshPluginHost
import MeshWire

extension NodeService {
  func registerPlugins(on server: ControlServer) {
    server.answer(PluginsListMethod.self) { [unowned self] _ in
      PluginList(plugins: self.plugins.sorted { $0.id < $1.id })
    }
    server.answer(PluginsReplaceMethod.self) { [unowned self] params throws(ControlError) in
      let running = self.node.transports.filter { $0.plugin?.info.id == params.id && $0.isRunning }
      guard !running.isEmpty else {
        throw ControlError(.state, "no transport runs with the plugin '\(params.id)'")
      }
      do throws(NodeStartError) {
        try self.node.replacePlugin(params.id, with: params.path)
      } catch { throw ControlError(.config, error.description, hint: "The old plugin goes on.") }
      return try self.plugin(params.id)
    }
    server.answer(PluginsEnableMethod.self) { [unowned self] params throws(ControlError) in
      let users = self.node.transports.filter { $0.settings.plugin == params.id }
      guard !users.isEmpty else { throw ControlError(.notFound, "no transport uses the plugin '\(params.id)'") }
      if params.enabled { self.node.forgiveCrashes(of: params.id) }
      for transport in users { self.node.enable(transport, params.enabled) }
      return try self.plugin(params.id)
    }
  }

  private func plugin(_ id: String) throws(ControlError) -> MeshControl.PluginInfo {
    guard let plugin = plugins.first(where: { $0.id == id }) else {
      throw ControlError(.notFound, "there is no plugin '\(id)'")
    }
    return plugin
  }

  /// The newest load of each plugin, then the files that are not loaded, then what transports ask for in vain.
  private var plugins: [MeshControl.PluginInfo] {
    var result: [MeshControl.PluginInfo] = []
    for status in node.host.statuses.reversed() where !result.contains(where: { $0.id == status.id }) {
      let worst = status.instances.first { $0.state != .running }
      let state: String =
        switch worst?.state {
        case nil where !status.instances.isEmpty: "running"
        case nil: state(unstarted: status.id, otherwise: "loaded")
        case .failed, .stuck: "failed"
        case .disabled: "disabled"
        case .stopped: "disabled"
        default: "loaded"
        }
      result.append(
        MeshControl.PluginInfo(
          id: status.id, version: status.version, abi: "\(status.abiMajor).\(status.abiMinor)", path: status.path,
          state: state, reason: worst.flatMap { $0.reason.isEmpty ? nil : $0.reason } ?? problem(of: status.id),
          schemes: status.schemes))
    }
    for listing in node.host.discover(Node.pluginFolders(node.configuration))
    where !result.contains(where: { $0.id == listing.id && listing.problem == nil }) {
      result.append(
        MeshControl.PluginInfo(
          id: listing.id, version: listing.note?.version ?? "",
          abi: listing.note.map { "\($0.abiMajor).\($0.abiMinor)" } ?? "", path: listing.path,
          state: listing.problem == nil ? state(unstarted: listing.id, otherwise: "unused") : "refused",
          reason: listing.problem?.text ?? problem(of: listing.id), schemes: listing.note?.schemes ?? []))
    }
    for transport in node.transports {
      let id = transport.settings.plugin
      guard transport.isEnabled, let problem = transport.problem, !result.contains(where: { $0.id == id }) else {
        continue
      }
      result.append(
        MeshControl.PluginInfo(id: id, version: "", abi: "", path: "", state: "missing", reason: problem))
    }
    return result
  }

  /// The state of a plugin of which no instance was made.
  private func state(unstarted id: String, otherwise: String) -> String {
    if node.isDisabledByCrashes(id) { return "disabled" }
    let users = node.transports.filter { $0.settings.plugin == id }
    if users.contains(where: { $0.isEnabled && $0.problem != nil }) { return "failed" }
    return users.isEmpty || users.contains(where: \.isEnabled) ? otherwise : "disabled"
  }

  /// What stands in the way of the transports that use a plugin.
  private func problem(of id: String) -> String? {
    let users = node.transports.filter { $0.settings.plugin == id }
    if users.isEmpty { return "no transport uses it" }
    if !users.contains(where: \.isEnabled) { return "its transports are switched off" }
    return users.lazy.compactMap(\.problem).first
  }
}
