// SPDX-License-Identifier: Apache-2.0
import BundleProtocol
import BundleRouting
import BundleStore

/// How an agent keeps and forwards.
public struct AgentSettings: Sendable {
  /// The folder of the store, or nil for one in memory.
  public var folder: String?
  /// How much it takes.
  public var limits = StoreLimits()
  /// Largest bundle, bytes.
  public var largestBundle = 17 << 20
  /// Bundles under way to one neighbour that it has not confirmed, and bytes of them.
  public var window = 64
  /// Bytes of bundles under way to one neighbour; a single one may be larger.
  public var windowBytes = 8 << 20
  /// Bytes of bundles on their way to the disk above which peers are not read, and twice that no connection.
  public var unwrittenBytes = 32 << 20
  /// By what other nodes are reached.
  public var routing = RoutingChoice.epidemic
  /// By what those of some destinations are routed instead, the first rule that fits; at most 255.
  public var rules: [RoutingRule] = []
  /// The contact plan, for `RoutingChoice.contacts`.
  public var plan: [Contact] = []
  /// The service that sends every bundle back.
  public var echo: String?
  /// Status reports that are sent for bundles that ask for them; none is what RFC 9171 section 5.1 has as the default.
  public var reports: BundleFlags = []
  /// How many of them at once, and in each minute that follows.
  public var reportsPerMinute: UInt64 = 60
  /// How often a bundle may be forwarded.
  public var hopLimit: UInt8 = 32

  /// What a bundle may have.
  public var bundleLimits = BundleLimits()
  /// What is done to bundles of this node and asked of those for it.
  public var security: [SecurityRule] = []
  /// Another name of this node, by which nodes outside of the mesh know it.
  public var otherName: EndpointID?

  /// The defaults: in memory, 1 GiB.
  public init() {}
}
