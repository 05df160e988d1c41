// SPDX-License-Identifier: Apache-2.0

extension TransportManager {
  /// The second transport's link that is kept warm.
  func standby(of peer: PeerPaths, beside active: PathLink, now: UInt64) -> PathLink? {
    let others = peer.links.filter {
      $0.state == .up && $0.transport != active.transport && isAllowed($0.transport)
        && !isLosingDuplicate($0, of: peer)
    }
    return others.min { precedes($0, $1, now: now) }
  }

  /// Closes links that nobody needs. The side that dialled a link decides about it, else both would close one each.
  func prune(_ peer: PeerPaths, now: UInt64) {
    peer.pruneAt = nil
    guard let active = peer.workingLink else { return }
    var kept: [LinkHandle] = [active.handle]
    for case let link? in peer.selected where !kept.contains(link) { kept.append(link) }
    if keepsStandby, let standby = standby(of: peer, beside: active, now: now) { kept.append(standby.handle) }
    for need in [PathNeeds.notMetered, .anonymous] where peer.needs.contains(need) {
      let meeting = peer.links.filter { $0.state == .up && need.areMet(by: $0.capabilities) }
      if let best = meeting.min(by: { precedes($0, $1, now: now) }) { kept.append(best.handle) }
    }
    for index in peer.links.indices {
      let link = peer.links[index]
      guard link.state == .up, !kept.contains(link.handle) else { continue }
      let isRemoved = policy.entry(named: link.transport) == nil
      if !isRemoved {
        let mayStillWin = link.probationUntil > now && group(of: link.transport) <= group(of: active.transport)
        if link.isIncoming || mayStillWin { continue }
      }
      let isDuplicate = link.transport == active.transport
      if !isDuplicate, !isRemoved, !peer.dialsWin {
        // Both sides may prefer the link that the other one dialled: the winning side closes first, and this side
        // looks again when it has heard of that.
        let both = max(link.upAt, active.upAt).saturatingAdd(timers.pruneGrace)
        if now < both {
          peer.pruneAt = both
          continue
        }
      }
      peer.links[index].state = .closing
      let reason: TransportCommand.CloseReason =
        isRemoved ? .transportRemoved : isDuplicate ? .duplicate : .surplus
      commands.append(.close(link.handle, reason: reason, after: active.handle))
    }
  }

  /// Asks for a sign of life over suspect links.
  func probe(_ peer: PeerPaths, now: UInt64) {
    for index in peer.links.indices where peer.links[index].state == .suspect {
      guard now >= peer.links[index].lastProbe.saturatingAdd(timers.probeInterval) else { continue }
      peer.links[index].lastProbe = now
      commands.append(.probe(peer.links[index].handle))
    }
  }

  /// A link that has lived long enough ends the row of failures of its path and transport.
  func countStableLinks(of peer: PeerPaths, now: UInt64) {
    for index in peer.links.indices {
      let link = peer.links[index]
      guard !link.countedStable, now >= link.upAt.saturatingAdd(timers.stableAfter) else { continue }
      peer.links[index].countedStable = true
      peer.health[link.transport] = TransportHealth()
      guard let path = peer.pathIndex(transport: link.transport, address: link.address) else { continue }
      peer.paths[path].failures = 0
      peer.paths[path].timeouts = 0
      peer.paths[path].authFailures = 0
      peer.paths[path].admissionFailures = 0
    }
  }
}
