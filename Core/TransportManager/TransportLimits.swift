// SPDX-License-Identifier: Apache-2.0

/// Bounds of what the transport manager keeps and does at once.
public struct TransportLimits: Hashable, Sendable {
  /// Peers known; further ones are refused by `setPeer`.
  public var peers = 1024
  /// Addresses kept per peer, the configuration's first.
  public var addressesPerPeer = 32
  /// Links per peer; a further one is closed.
  public var linksPerPeer = 16
  /// Attempts in flight per peer.
  public var attemptsPerPeer = 4
  /// Attempts in flight in all.
  public var attempts = 64
  /// Decisions remembered per peer.
  public var decisionsPerPeer = 32

  /// The defaults.
  public init() {}
}
