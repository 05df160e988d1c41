// SPDX-License-Identifier: Apache-2.0

/// One transport of the configuration, that is, one instance of a plugin.
public struct TransportEntry: Hashable, Sendable {
  /// The name in the configuration; unique in a policy.
  public var name: String
  /// The node's number for the running instance; repeated in `.dial`.
  public var instance: Int
  /// The priority group; the smallest is the best. Equal numbers race.
  public var priorityGroup: Int
  /// The address schemes that the plugin claims, in lower case.
  public var schemes: [String]
  /// Default capabilities; a link's own replace them.
  public var capabilities: PathCapabilities
  /// How long one attempt may take until both sides have confirmed the session, nanoseconds.
  public var dialTimeout: UInt64
  /// Whether the instance runs; one that does not is listed by `why` but never dialled.
  public var isAvailable: Bool

  /// A transport. `dialTimeout` is in nanoseconds, 10 s unless told.
  public init(
    name: String, instance: Int, priorityGroup: Int, schemes: [String],
    capabilities: PathCapabilities = PathCapabilities(), dialTimeout: UInt64 = 10_000_000_000,
    isAvailable: Bool = true
  ) {
    self.name = name
    self.instance = instance
    self.priorityGroup = priorityGroup
    self.schemes = schemes
    self.capabilities = capabilities
    self.dialTimeout = dialTimeout
    self.isAvailable = isAvailable
  }
}
