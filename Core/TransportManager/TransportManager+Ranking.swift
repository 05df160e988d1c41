// SPDX-License-Identifier: Apache-2.0

extension TransportManager {
  /// Where a path stands: demoted by what is remembered about it or its transport, then its priority group.
  func tier(of path: Path, now: UInt64) -> Tier {
    let isBlackHoled = (memory[path.transport]?.until ?? 0) > now && path.lastSuccess == nil
    let isFresh = path.isSeenFresh(at: now, for: timers.seenFresh)
    let isDemoted = path.isRemembered(at: now) || (isBlackHoled && !isFresh)
    return Tier(isDemoted: isDemoted, group: group(of: path.transport))
  }

  /// What a transport costs the battery, as its plugin says; unknown ones count as mains.
  private func energy(of transport: String) -> UInt32 { policy.entry(named: transport)?.capabilities.energy ?? 0 }

  private func cost(of transport: String) -> UInt32 {
    policy.entry(named: transport).map { thrift.cost(of: $0.capabilities) } ?? 0
  }

  /// Indices of the peer's paths in the order in which they count now.
  func orderedPaths(of peer: PeerPaths, now: UInt64) -> [Int] {
    let ranks = policy.transports.map(\.name)
    return peer.paths.indices.sorted { left, right in
      let (a, b) = (peer.paths[left], peer.paths[right])
      let tiers = (tier(of: a, now: now), tier(of: b, now: now))
      if tiers.0 != tiers.1 { return tiers.0 < tiers.1 }
      let costs = (cost(of: a.transport), cost(of: b.transport))
      if costs.0 != costs.1 && !tiers.0.isDemoted { return costs.0 < costs.1 }
      let fresh = (a.isSeenFresh(at: now, for: timers.seenFresh), b.isSeenFresh(at: now, for: timers.seenFresh))
      if fresh.0 != fresh.1 { return fresh.0 }
      // Among those that failed, the one that has rested longest: a breaker's few probes reach every address.
      if tiers.0.isDemoted && a.lastStart != b.lastStart { return (a.lastStart ?? 0) < (b.lastStart ?? 0) }
      if (a.rtt ?? .max) != (b.rtt ?? .max) { return (a.rtt ?? .max) < (b.rtt ?? .max) }
      if a.source != b.source { return a.source < b.source }
      let energies = (energy(of: a.transport), energy(of: b.transport))
      if energies.0 != energies.1 { return energies.0 < energies.1 }
      let places = (ranks.firstIndex(of: a.transport) ?? .max, ranks.firstIndex(of: b.transport) ?? .max)
      return places.0 != places.1 ? places.0 < places.1 : left < right
    }
  }

  /// From when on a path may be dialled as far as is known; nil while it may not be at all.
  func eligibleAt(_ path: Path, of peer: PeerPaths, now: UInt64) -> UInt64? {
    guard isUsable(path.transport), !peer.hasLastingLink(over: path.transport) else { return nil }
    let isInFlight = peer.attempts.contains { $0.transport == path.transport && $0.address == path.address }
    guard !isInFlight else { return nil }
    var time = path.retryAt
    if let health = peer.health[path.transport], let openUntil = health.openUntil {
      // Without probes left the attempts in flight decide.
      let isDecided = !peer.attempts.contains { $0.transport == path.transport }
      if openUntil <= now && health.probesLeft <= 0 && !isDecided { return nil }
      time = max(time, openUntil)
    }
    return time
  }

  /// Builds the peer's paths from its addresses and the policy, keeping what is remembered.
  func rebuildPaths(of peer: PeerPaths) {
    var rebuilt: [Path] = []
    for address in peer.addresses {
      for entry in policy.transports where entry.schemes.contains(address.scheme) && rebuilt.count < 64 {
        if let old = peer.pathIndex(transport: entry.name, address: address.uri) {
          peer.paths[old].source = min(peer.paths[old].source, address.source)
          if !rebuilt.contains(where: { $0.transport == entry.name && $0.address == address.uri }) {
            rebuilt.append(peer.paths[old])
          }
        } else if !rebuilt.contains(where: { $0.transport == entry.name && $0.address == address.uri }) {
          rebuilt.append(Path(transport: entry.name, address: address.uri, source: address.source))
        }
      }
    }
    peer.paths = rebuilt
  }
}
