// SPDX-License-Identifier: Apache-2.0
import CMeshABI
import Glibc
import MeshConfig
import MeshCrypto
import MeshObserve
import MeshPluginHost

extension Node {
  /// Makes and starts every transport of the configuration.
  func startTransports() {
    let listings = host.discover(Node.pluginFolders(configuration))
    for settings in configuration.transports { addTransport(settings, listings) }
    applyPolicy()
  }

  @discardableResult
  func addTransport(_ settings: TransportSettings, _ listings: [PluginListing]) -> NodeTransport {
    let transport = NodeTransport(index: transportsByIndex.count, settings: settings)
    transports.append(transport)
    transportsByIndex.append(transport)
    launch(transport, listings)
    return transport
  }

  /// Loads the plugin if need be, makes the instance and starts it.
  func launch(_ transport: NodeTransport, _ listings: [PluginListing]? = nil) {
    guard transport.isEnabled else { return }
    transport.problem = nil
    do throws(NodeStartError) {
      if transport.instance == nil {
        let plugin = try self.plugin(for: transport.settings, listings)
        transport.plugin = plugin
        transport.instance = try makeInstance(transport, plugin)
      }
      guard let instance = transport.instance else { return }
      do throws(PluginError) { try host.start(instance) } catch { throw NodeStartError(error.text) }
    } catch {
      transport.problem = error.description
      log.error("transport_failed", [.text("transport", transport.name), .text("reason", error.description)])
      tellListeners(of: transport)
    }
  }

  /// A loaded plugin, or the file of it in the plugin folders.
  func plugin(for settings: TransportSettings, _ listings: [PluginListing]? = nil) throws(NodeStartError) -> Plugin {
    if let loaded = host.plugins.last(where: { $0.info.id == settings.plugin }) { return loaded }
    let folders = Node.pluginFolders(configuration)
    let listings = listings ?? host.discover(folders)
    guard let listing = listings.first(where: { $0.id == settings.plugin && $0.problem == nil }) else {
      if let broken = listings.first(where: { $0.id == settings.plugin }), let problem = broken.problem {
        throw NodeStartError(problem.text)
      }
      throw NodeStartError(
        "there is no plugin '\(settings.plugin)' (mesh_\(settings.plugin).so) in \(folders.joined(separator: ", "))")
    }
    try Node.checkTrust(listing.path, configuration.plugins.trust)
    do throws(PluginError) { return try host.load(listing.path) } catch { throw NodeStartError(error.text) }
  }

  private func makeInstance(_ transport: NodeTransport, _ plugin: Plugin) throws(NodeStartError) -> InstanceID {
    let identity = identity
    let name = transport.name
    let parameters = try Node.parameters(transport.settings, plugin)
    do throws(PluginError) {
      return try host.createInstance(of: plugin, name: name, parameters: parameters) { purpose, key in
        let secret = identity.deriveSecret(purpose: purpose, instance: name)
        guard key.count == secret.count else { return false }
        secret.withBytes { key.copyMemory(from: $0) }
        return true
      }
    } catch { throw NodeStartError(error.text) }
  }

  static func parameters(_ settings: TransportSettings, _ plugin: Plugin) throws(NodeStartError) -> [PluginParameter] {
    let options = try self.options(of: plugin)
    do throws(ConfigurationError) {
      return try settings.pluginValues(options).map { value in
        let content: PluginParameter.Value =
          switch value.content {
          case .integer(let number): .integer(number)
          case .text(let text): .text(text)
          }
        return PluginParameter(
          name: value.name, value: content, type: value.kind.rawValue, line: UInt32(clamping: value.position.line),
          column: UInt32(clamping: value.position.column))
      }
    } catch { throw NodeStartError(error.description) }
  }

  static func options(of plugin: Plugin) throws(NodeStartError) -> [PluginOption] {
    let raw = plugin.info.options
    do throws(PluginOption.Refusal) {
      return try PluginOption.copy(raw.baseAddress, count: UInt32(clamping: raw.count))
    } catch { throw NodeStartError("plugin '\(plugin.info.id)': \(error)") }
  }

  /// The folders of the file and the packaged one; see `Installation`.
  public static func pluginFolders(_ configuration: Configuration) -> [String] {
    var folders = configuration.plugins.directories
    if let packaged = Installation.pluginFolder(), !folders.contains(packaged) { folders.append(packaged) }
    return folders
  }

  func transport(of instance: InstanceID) -> NodeTransport? { transports.first { $0.instance == instance } }

  /// The transport of that name in the configuration.
  public func transport(named name: String) -> NodeTransport? { transports.first { $0.name == name } }

  // MARK: what the host tells

  /// An instance of a plugin runs, failed or stopped.
  public func instance(_ instance: InstanceID, changedTo state: InstanceState, reason: String) {
    guard let transport = transport(of: instance) else { return }
    transport.state = state
    transport.problem = reason.isEmpty ? nil : reason
    log.info(
      "transport_state",
      [.text("transport", transport.name), .text("state", state.rawValue), .text("reason", reason)])
    if state != .running { extensionsEnded(transport) }
    if state == .running {
      openListeners(transport)
    } else if state != .starting {
      for index in transport.listeners.indices {
        transport.listeners[index].id = nil
        transport.listeners[index].bound = nil
      }
    }
    tellListeners(of: transport)
    if transport.isRemoved, state == .stopped || state == .stuck { forget(transport) }
    applyPolicy()
  }

  /// A plugin's answer to new values.
  public func instance(_ instance: InstanceID, configured refusal: Failure?, parameter: Int) {
    guard let transport = transport(of: instance) else { return }
    if let refusal {
      transport.problem = refusal.text
      log.error("transport_not_configured", [.text("transport", transport.name), .text("reason", refusal.text)])
    } else {
      log.info("transport_configured", [.text("transport", transport.name)])
    }
  }

  func forget(_ transport: NodeTransport) {
    if let instance = transport.instance { try? host.remove(instance) }
    transports.removeAll { $0 === transport }
    transportsByIndex[transport.index] = nil
  }
}
