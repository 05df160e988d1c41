// SPDX-License-Identifier: Apache-2.0

extension TransportManager {
  /// Replaces the policy (a reload). Links over removed transports are closed once others carry their frames.
  public func setPolicy(_ policy: TransportPolicy, now: UInt64) {}

  /// Makes a peer known or replaces its addresses; what is remembered about those that stay is kept.
  ///
  /// - Parameters:
  ///   - addresses: kept up to `limits.addressesPerPeer`, the configuration's first; sightings are kept besides.
  ///   - dialsWin: whether this node's own dial is kept when both sides have dialled over one transport. It must be
  ///     true on exactly one side: the one with the smaller key.
  /// - Returns: false when there are `limits.peers` peers already.
  @discardableResult
  public func setPeer(_ peer: PeerHandle, addresses: [PeerAddress], dialsWin: Bool, now: UInt64) -> Bool { true }

  /// Forgets a peer: attempts are cancelled, links closed.
  public func removePeer(_ peer: PeerHandle, now: UInt64) {}

  /// A session with the peer is wanted, or has traffic. Dials when no link is up. `needs` are added to those asked
  /// for before: a path that meets them is looked for beside the best one. Cheap when nothing changes.
  public func wants(_ peer: PeerHandle, needs: PathNeeds = [], now: UInt64) {}

  /// No session is wanted any more: attempts are cancelled, links closed, nothing is dialled.
  public func unwanted(_ peer: PeerHandle, now: UInt64) {}

  /// A plugin saw the peer at the address: its path is tried at once, a breaker lets one attempt through.
  public func peerSeen(_ peer: PeerHandle, transport: String, address: String, now: UInt64) {}

  /// The machine's network changed, or it woke from sleep: memories and breakers are cleared, links probed, and
  /// better paths tried at once.
  public func networkChanged(now: UInt64) {}
}
