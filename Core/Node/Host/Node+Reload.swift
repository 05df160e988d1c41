// SPDX-License-Identifier: Apache-2.0
import MeshConfig
import MeshEventLoop
import MeshMultiplexer
import MeshObserve
import MeshPluginHost
import MeshSession

/// What a reload did: sentences about changes, and keys whose change waits for a restart.
public struct ReloadOutcome: Sendable, Equatable {
  /// What has changed and is in force.
  public var changes: [String] = []
  /// Keys whose new values wait for a restart of the node.
  public var needRestart: [String] = []
}

extension Node {
  /// What plugins say against their own parts of a configuration. Loads the plugins that are there; a plugin that is
  /// missing or broken is no fault of the configuration.
  public func pluginProblems(_ configuration: Configuration) -> [ConfigurationProblem] {
    var problems: [ConfigurationProblem] = []
    for settings in configuration.transports where settings.isEnabled {
      guard let plugin = try? plugin(for: settings), let options = try? Node.options(of: plugin) else { continue }
      do throws(ConfigurationError) {
        _ = try settings.pluginValues(options)
      } catch { problems += error.problems }
    }
    return problems
  }

  /// The options of the plugins by transport, so that secrets are known and hidden.
  public var optionsByTransport: [String: [PluginOption]] {
    var result: [String: [PluginOption]] = [:]
    for transport in transports {
      if let plugin = transport.plugin, let options = try? Node.options(of: plugin) { result[transport.name] = options }
    }
    return result
  }

  /// Puts a configuration that was checked in force, as far as that can be done while running.
  public func apply(_ new: Configuration) -> ReloadOutcome {
    let old = configuration
    let change = ConfigurationChange.between(old, new)
    var outcome = ReloadOutcome()
    outcome.needRestart = change.restarts
    outcome.changes = change.items.filter { $0.effect == .live }.map { "\($0.key) changed" }
    var next = new
    next.plugins = old.plugins
    next.control = old.control
    next.metrics = old.metrics
    next.node.identity = old.node.identity
    next.node.state = old.node.state
    next.node.name = old.node.name
    for index in next.transports.indices {
      guard let before = old.transports.first(where: { $0.name == next.transports[index].name }) else { continue }
      next.transports[index].plugin = before.plugin
      next.transports[index].binding = before.binding
    }
    configuration = next
    applyTransports(old, next, change, &outcome)
    core.peerLimit = next.node.maxPeers
    core.acceptsUnknownPeers = next.node.access == .open
    core.endpoint.options = Node.sessionOptions(next)
    core.multiplexerOptions = Node.multiplexerOptions(next)
    core.sessionLimit = next.node.maxSessions
    for peer in core.peers.values { peer.multiplexer?.setQueues(core.multiplexerOptions.queues) }
    applyPolicy()
    applyPeers()
    log.info(
      "reloaded", [.number("changes", outcome.changes.count), .number("need_restart", outcome.needRestart.count)])
    return outcome
  }

  private func applyTransports(
    _ old: Configuration, _ new: Configuration, _ change: ConfigurationChange, _ outcome: inout ReloadOutcome
  ) {
    for name in change.removed {
      guard let transport = transport(named: name) else { continue }
      transport.isRemoved = true
      end(transport)
    }
    for settings in new.transports {
      guard let transport = transport(named: settings.name), !transport.isRemoved else {
        addTransport(settings, host.discover(Node.pluginFolders(new)))
        continue
      }
      guard transport.settings != settings else { continue }
      let before = transport.settings
      transport.settings = settings
      if before.isEnabled != settings.isEnabled { enable(transport, settings.isEnabled) }
      if transport.isRunning { openListeners(transport) }
      if change.items.contains(where: { $0.key == "transports.\(settings.name)" && $0.effect == .plugin }) {
        configure(transport, from: before, &outcome)
      }
    }
    if change.items.contains(where: { $0.key.hasSuffix(".advertise") || $0.key.hasSuffix(".listen") }) {
      recordChanged()
    }
  }

  /// Hands changed keys to the plugin when all of them are live.
  private func configure(_ transport: NodeTransport, from before: TransportSettings, _ outcome: inout ReloadOutcome) {
    let key = "transports.\(transport.name)"
    guard let plugin = transport.plugin, let instance = transport.instance, let options = try? Node.options(of: plugin),
      let earlier = try? before.pluginValues(options), let later = try? transport.settings.pluginValues(options)
    else { return outcome.needRestart.append(key) }
    func values(_ list: [PluginValue], _ name: String) -> [PluginValue.Content] {
      list.filter { $0.name == name }.map(\.content)
    }
    let changed = options.filter { values(earlier, $0.name) != values(later, $0.name) }
    // What has no value any more cannot be handed over.
    let fixed = changed.filter { !$0.isLive || values(later, $0.name).isEmpty }
    guard fixed.isEmpty else {
      outcome.needRestart += fixed.map { "\(key).\($0.name)" }
      return
    }
    guard !changed.isEmpty, let parameters = try? Node.parameters(transport.settings, plugin) else { return }
    let live = parameters.filter { parameter in changed.contains { $0.name == parameter.name } }
    do throws(PluginError) {
      try host.configure(instance, live)
      outcome.changes += changed.map { "\(key).\($0.name) changed" }
    } catch {
      outcome.needRestart.append(key)
    }
  }

  /// Switches a transport on or off; its traffic moves to others first.
  public func enable(_ transport: NodeTransport, _ isEnabled: Bool) {
    guard transport.isEnabled != isEnabled || (isEnabled && !transport.isRunning) else { return }
    transport.isEnabled = isEnabled
    if isEnabled { launch(transport) } else { end(transport) }
    applyPolicy()
  }

  /// Links move to other transports while the instance drains.
  private func end(_ transport: NodeTransport) {
    applyPolicy()
    guard let instance = transport.instance else {
      if transport.isRemoved { forget(transport) }
      return
    }
    do throws(PluginError) {
      try host.stop(instance, deadline: loop.now + 3_000_000_000)
    } catch {
      if transport.isRemoved { forget(transport) }
    }
  }
}
