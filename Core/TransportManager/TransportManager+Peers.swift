// SPDX-License-Identifier: Apache-2.0

extension TransportManager {
  /// Replaces the policy (a reload). Links over removed transports are closed once others carry their frames.
  public func setPolicy(_ policy: TransportPolicy, now: UInt64) {
    let now = tick(now)
    let isNew = policy != self.policy
    self.policy = policy
    for handle in order {
      guard let peer = peers[handle] else { continue }
      rebuildPaths(of: peer)
      for index in peer.paths.indices {
        // A person may have repaired what made the path hopeless.
        peer.paths[index].retryAt = min(peer.paths[index].retryAt, now)
      }
      for attempt in peer.attempts where !isUsable(attempt.transport) { cancel(attempt, of: peer) }
      lookAgain(peer, now: now)
      if isNew {
        peer.decide(.changed, "the transports or their rules changed", now: now, limit: limits.decisionsPerPeer)
      }
      settle(peer, now: now)
    }
    feedStarving(now: now)
  }

  /// Makes a peer known or replaces its addresses; what is remembered about those that stay is kept.
  ///
  /// - Parameters:
  ///   - addresses: kept up to `limits.addressesPerPeer`, the configuration's first; sightings are kept besides.
  ///   - dialsWin: whether this node's own dial is kept when both sides have dialled over one transport. It must be
  ///     true on exactly one side: the one with the smaller key.
  /// - Returns: false when there are `limits.peers` peers already.
  @discardableResult
  public func setPeer(_ peer: PeerHandle, addresses: [PeerAddress], dialsWin: Bool, now: UInt64) -> Bool {
    let now = tick(now)
    if peers[peer] == nil {
      guard order.count < limits.peers else { return false }
      peers[peer] = PeerPaths(handle: peer)
      order.append(peer)
    }
    guard let state = peers[peer] else { return false }
    state.dialsWin = dialsWin
    var merged: [PeerAddress] = []
    let sightings = state.addresses.filter { $0.source == .seen }
    for source in [PeerAddress.Source.configuration, .record, .seen] {
      for address in addresses + sightings where address.source == source {
        guard merged.count < limits.addressesPerPeer else { break }
        if !merged.contains(where: { $0.uri == address.uri }) { merged.append(address) }
      }
    }
    if merged != state.addresses {
      state.addresses = merged
      rebuildPaths(of: state)
      lookAgain(state, now: now)
      state.reportedUnreachable = false
    }
    settle(state, now: now)
    feedStarving(now: now)
    return true
  }

  /// Forgets a peer: attempts are cancelled, links closed.
  public func removePeer(_ peer: PeerHandle, now: UInt64) {
    let now = tick(now)
    guard let state = peers[peer] else { return }
    for attempt in state.attempts { cancel(attempt, of: state) }
    for link in state.links {
      linkOwner[link.handle] = nil
      if link.state != .closing { commands.append(.close(link.handle, reason: .unknownPeer, after: nil)) }
    }
    peers[peer] = nil
    forgetDeadline(of: peer)
    order.removeAll { $0 == peer }
    starving.removeAll { $0 == peer }
    feedStarving(now: now)
  }

  /// A session with the peer is wanted, or has traffic. Dials when no link is up. `needs` are added to those asked
  /// for before: a path that meets them is looked for beside the best one. Cheap when nothing changes.
  public func wants(_ peer: PeerHandle, needs: PathNeeds = [], now: UInt64) {
    guard let state = peers[peer] else { return }
    let hasNewNeeds = !state.needs.isSuperset(of: needs)
    if state.isWanted && !hasNewNeeds { return }
    let now = tick(now)
    state.isWanted = true
    state.needs.formUnion(needs)
    state.reportedUnreachable = false
    if hasNewNeeds { lookAgain(state, now: now) }
    settle(state, now: now)
    feedStarving(now: now)
  }

  /// No session is wanted any more: attempts are cancelled, links closed, nothing is dialled.
  public func unwanted(_ peer: PeerHandle, now: UInt64) {
    let now = tick(now)
    guard let state = peers[peer] else { return }
    state.isWanted = false
    state.needs = []
    state.maintenanceAt = nil
    state.roundStart = nil
    for attempt in state.attempts { cancel(attempt, of: state) }
    for index in state.links.indices where state.links[index].state != .closing {
      state.links[index].state = .closing
      commands.append(.close(state.links[index].handle, reason: .unwanted, after: nil))
    }
    state.lossText = "the session was not wanted any more"
    settle(state, now: now)
    feedStarving(now: now)
  }

  /// Somebody has said that the peer can be reached: its paths wait no longer. What is remembered about them stays.
  public func tryAgain(_ peer: PeerHandle, now: UInt64) {
    let now = tick(now)
    guard let state = peers[peer] else { return }
    for index in state.paths.indices { state.paths[index].retryAt = min(state.paths[index].retryAt, now) }
    for (name, health) in state.health where health.openUntil != nil {
      state.health[name]?.openUntil = now
      state.health[name]?.probesLeft = max(health.probesLeft, 1)
    }
    lookAgain(state, now: now)
    settle(state, now: now)
    feedStarving(now: now)
  }

  /// A plugin saw the peer at the address: its path is tried at once, a breaker lets one attempt through.
  public func peerSeen(_ peer: PeerHandle, transport: String, address: String, now: UInt64) {
    let now = tick(now)
    guard let state = peers[peer], let entry = policy.entry(named: transport) else { return }
    if !state.addresses.contains(where: { $0.uri == address }) {
      let seen = PeerAddress(uri: address, source: .seen)
      guard entry.schemes.contains(seen.scheme) else { return }
      if state.addresses.count >= limits.addressesPerPeer {
        guard let oldest = state.addresses.firstIndex(where: { $0.source == .seen }) else { return }
        state.addresses.remove(at: oldest)
      }
      state.addresses.append(seen)
      rebuildPaths(of: state)
    }
    guard let index = state.pathIndex(transport: transport, address: address) else { return }
    let wasFresh = state.paths[index].isSeenFresh(at: now, for: timers.seenFresh)
    state.paths[index].lastSeen = now
    // Beacons come every few seconds: only the first of a row overrides what is remembered.
    guard !wasFresh else { return }
    state.paths[index].remembered = nil
    state.paths[index].retryAt = min(state.paths[index].retryAt, now)
    if var health = state.health[transport], health.openUntil != nil {
      health.openUntil = now
      health.probesLeft = max(health.probesLeft, 1)
      state.health[transport] = health
    }
    lookAgain(state, now: now)
    settle(state, now: now)
    feedStarving(now: now)
  }

  /// The machine's network changed, or it woke from sleep: memories and breakers are cleared, links probed, and
  /// better paths tried at once.
  public func networkChanged(now: UInt64) {
    let now = tick(now)
    memory.removeAll()
    for handle in order {
      guard let peer = peers[handle] else { continue }
      for index in peer.paths.indices { peer.paths[index].clearMemory() }
      peer.health.removeAll()
      for index in peer.links.indices where peer.links[index].state != .closing {
        peer.links[index].lastProbe = now
        commands.append(.probe(peer.links[index].handle))
      }
      lookAgain(peer, now: now)
      peer.decide(.changed, "the network changed: memories are cleared", now: now, limit: limits.decisionsPerPeer)
      settle(peer, now: now)
    }
    feedStarving(now: now)
  }

  /// The next look for better paths happens now, and the waits begin anew.
  func lookAgain(_ peer: PeerPaths, now: UInt64) {
    peer.roundStart = nil
    peer.maintenanceAt = now
    peer.maintenanceInterval = timers.maintenanceBase
  }
}
