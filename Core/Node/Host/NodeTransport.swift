// SPDX-License-Identifier: Apache-2.0
import MeshConfig
import MeshPluginHost

/// One transport of the configuration on a running node: its plugin, its instance and its listeners.
public final class NodeTransport {
  /// One address that a transport listens on, or tries to.
  public struct Listener: Sendable {
    /// As it stands in the configuration.
    public let address: String
    /// The host's id while it is open or being opened.
    var id: ListenerID?
    /// Where it is bound, with the port that the system chose.
    public internal(set) var bound: String?
    /// Why it is not open.
    public internal(set) var problem: String?
    var failures = 0
  }

  /// The number that the core knows it by; never used for another one.
  public let index: Int
  /// Its part of the configuration.
  public internal(set) var settings: TransportSettings
  /// Switched off by the configuration or by hand.
  public internal(set) var isEnabled: Bool
  /// The loaded plugin, nil when it could not be loaded.
  public internal(set) var plugin: Plugin?
  /// The plugin's instance, nil before it was made.
  public internal(set) var instance: InstanceID?
  /// The instance's state.
  public internal(set) var state = InstanceState.created
  /// Why it does not run, or nil.
  public internal(set) var problem: String?
  /// Its listen addresses and what became of them.
  public internal(set) var listeners: [Listener] = []
  /// It is to be forgotten once its instance has stopped.
  var isRemoved = false
  /// Bytes of packets handed to the plugin.
  public internal(set) var bytesSent: UInt64 = 0
  /// Bytes of packets from the plugin.
  public internal(set) var bytesReceived: UInt64 = 0
  /// Packets handed to the plugin.
  public internal(set) var packetsSent: UInt64 = 0
  /// Packets from the plugin.
  public internal(set) var packetsReceived: UInt64 = 0
  /// Packets that a plugin gave back untransmitted; the session repeats what they carried.
  public internal(set) var packetsRefused: UInt64 = 0
  /// Links that are up.
  public internal(set) var links = 0

  init(index: Int, settings: TransportSettings) {
    self.index = index
    self.settings = settings
    isEnabled = settings.isEnabled
  }

  /// Its name in the configuration.
  public var name: String { settings.name }
  /// True while links can be dialled over it.
  public var isRunning: Bool { state == .running && plugin != nil }

  /// What peers are told: what the file says, or what is bound and can be dialled over this plugin, without wildcard
  /// addresses.
  public var advertised: [String] {
    if !settings.advertise.isEmpty { return settings.advertise }
    let schemes = plugin?.info.schemes ?? []
    return listeners.compactMap(\.bound).filter { address in
      schemes.contains { NodeTransport.mayDial(address, scheme: $0) }
    }
  }

  /// Whether an address has the scheme, and no wildcard for its host. By bytes: each session that begins asks.
  static func mayDial(_ address: String, scheme: String) -> Bool {
    guard address.utf8.starts(with: scheme.utf8) else { return false }
    let rest = address.utf8.dropFirst(scheme.utf8.count)
    return rest.first == UInt8(ascii: ":") && !rest.starts(with: "://0.0.0.0".utf8)
      && !rest.starts(with: "://[::]".utf8)
  }
}

/// What the data path looks up for each packet; kept by the slot of the link's id.
struct NodeLink {
  var id: UInt64 = 0
  var transport = 0
  var mtu = 0
  var headroom = 0
  var tailroom = 0
  /// Committed and not yet handed to the plugin.
  var pendingFrames: UInt32 = 0
  var pendingBytes: UInt64 = 0
  var pendingLanes = PendingLanes()
  var source: UInt64 = 0
  var address = ""
  var isUp = false
  /// Killed on purpose: its end counts as a failure, whatever the plugin calls it.
  var isAborted = false
}
