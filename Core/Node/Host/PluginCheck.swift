// SPDX-License-Identifier: Apache-2.0
import CMeshABI
import Glibc
import MeshConfig
import MeshEventLoop
import MeshPluginHost

/// Checks the plugins' own parts of a configuration by asking the plugins, without a node.
public struct PluginCheck {
  private let configuration: Configuration

  /// A check of this configuration.
  public init(_ configuration: Configuration) { self.configuration = configuration }

  /// What is wrong, and what is missing and therefore could not be checked.
  public func run() -> (problems: [ConfigurationProblem], warnings: [String]) {
    var problems: [ConfigurationProblem] = []
    var warnings: [String] = []
    guard let loop = try? EventLoop(), let pool = BufferPool(smallLimit: 16, largeLimit: 1) else {
      return ([], ["the plugins could not be asked: no memory"])
    }
    // A check that a plugin crashes counts like a start, for a service manager may run it before each start.
    let folder = "\(configuration.node.state)/plugins"
    let silence = SilentDelegate()
    defer { withExtendedLifetime(silence) {} }
    let host = PluginHost(
      loop: loop, pool: pool, offloadPool: OffloadPool(threads: 1), delegate: silence, log: { _, _, _ in },
      stateDirectory: access(folder, W_OK) == 0 ? folder : nil)
    defer {
      host.close()
      loop.close()
    }
    let folders = Node.pluginFolders(configuration)
    for folder in configuration.plugins.directories where access(folder, R_OK | X_OK) != 0 {
      warnings.append("plugins.directories: '\(folder)' cannot be read: \(String(cString: strerror(errno)))")
    }
    let listings = host.discover(folders)
    for settings in configuration.transports where settings.isEnabled {
      guard let listing = listings.first(where: { $0.id == settings.plugin && $0.problem == nil }) else {
        let reason =
          listings.first { $0.id == settings.plugin }?.problem?.text
          ?? "there is no mesh_\(settings.plugin).so in \(folders.joined(separator: ", "))"
        warnings.append("transports.\(settings.name): plugin '\(settings.plugin)': \(reason)")
        continue
      }
      do throws(NodeStartError) {
        try Node.checkTrust(listing.path, configuration.plugins.trust)
        let plugin: Plugin
        if let loaded = host.plugins.first(where: { $0.info.id == settings.plugin }) {
          plugin = loaded
        } else {
          do throws(PluginError) { plugin = try host.load(listing.path) } catch { throw NodeStartError(error.text) }
        }
        let schemes = plugin.info.schemes
        for address in settings.listen where !schemes.contains(String(address.prefix { $0 != ":" })) {
          warnings.append(
            "transports.\(settings.name).listen: '\(address.prefix { $0 != "#" })' is none of the plugin '\(settings.plugin)', whose "
              + "addresses begin with \(schemes.map { "\($0):" }.joined(separator: " or "))")
        }
        let options = try Node.options(of: plugin)
        do throws(ConfigurationError) {
          _ = try settings.pluginValues(options)
        } catch { problems += error.problems }
      } catch { warnings.append("transports.\(settings.name): \(error)") }
    }
    return (problems, warnings)
  }
}

/// Nothing of a host that only loads is of interest.
private final class SilentDelegate: PluginHostDelegate {
  func linkIncoming(_ incoming: IncomingLink) -> Bool { false }
  func link(_ link: LinkID, cameUp up: LinkUp) {}
  func link(_ link: LinkID, failed failure: Failure) {}
  func link(_ link: LinkID, wentDown failure: Failure) {}
  func link(_ link: LinkID, capabilities: mesh_caps) {}
  func linkHasCredit(_ link: LinkID) {}
  func received(_ buffers: UnsafeMutableBufferPointer<mesh_buf>) {}
  func transmitted(_ buffers: UnsafeMutableBufferPointer<mesh_buf>) {}
  func listener(_ listener: ListenerID, isListeningAt address: String) {}
  func listener(_ listener: ListenerID, failed failure: Failure) {}
  func instance(_ instance: InstanceID, changedTo state: InstanceState, reason: String) {}
  func instance(_ instance: InstanceID, configured refusal: Failure?, parameter: Int) {}
  func peerSeen(_ instance: InstanceID, address: String) {}
}
