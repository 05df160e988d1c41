// SPDX-License-Identifier: Apache-2.0

extension TransportManager {
  /// Chooses the link for traffic without rules, then one per traffic class, and tells what changed.
  func choose(_ peer: PeerPaths, now: UInt64) {
    let previous = peer.chosen.flatMap { peer.linkIndex($0) }.map { peer.links[$0] }
    let candidates = peer.links.filter { isAllowed($0.transport) && !isLosingDuplicate($0, of: peer) }
    let (best, byRTT) = pick(candidates, current: peer.chosen, lastRTTSwitch: peer.lastRTTSwitch, now: now)
    if best?.handle != peer.chosen {
      explain(peer, from: previous, to: best, byRTT: byRTT, now: now)
      peer.chosen = best?.handle
      peer.chosenTransport = best?.transport
      if byRTT { peer.lastRTTSwitch = now }
    }
    if best?.state == .up { peer.lossAt = nil }
    for trafficClass in 0..<TransportPolicy.classCount {
      var link = best
      if let transport = best?.transport, !policy.allows(transport, trafficClass: trafficClass) {
        let allowed = candidates.filter { policy.allows($0.transport, trafficClass: trafficClass) }
        let current = peer.selected[trafficClass]
        link = pick(allowed, current: current, lastRTTSwitch: peer.lastRTTSwitch, now: now).link
      }
      guard link?.handle != peer.selected[trafficClass] else { continue }
      peer.selected[trafficClass] = link?.handle
      commands.append(.select(peer: peer.handle, trafficClass: trafficClass, link: link?.handle))
    }
  }

  /// The best of the links, with the present one kept unless another is clearly better.
  private func pick(
    _ links: [PathLink], current: LinkHandle?, lastRTTSwitch: UInt64?, now: UInt64
  ) -> (link: PathLink?, byRTT: Bool) {
    let working = links.filter { $0.state == .up }
    let present = links.first { $0.handle == current }
    guard let best = working.min(by: { precedes($0, $1, now: now) }) else {
      let suspects = links.filter { $0.state == .suspect }
      if let present, present.state == .suspect { return (present, false) }
      return (suspects.min { precedes($0, $1, now: now) }, false)
    }
    guard let present, present.state == .up else { return (best, false) }
    let mayMove = lastRTTSwitch.map { now >= $0.saturatingAdd(timers.rttSwitchDwell) } ?? true
    let presentGroup = group(of: present.transport)
    if best.handle != present.handle {
      if best.probationUntil > now { return (present, false) }
      if group(of: best.transport) < presentGroup { return (best, false) }
      guard group(of: best.transport) == presentGroup else { return (present, false) }
      if present.capabilities.isYielding, !best.capabilities.isYielding { return (best, false) }
      if thrift.cost(of: best.capabilities) < thrift.cost(of: present.capabilities) { return (best, true) }
      if mayMove, isClearlyFaster(best, than: present) { return (best, true) }
    }
    guard mayMove else { return (present, false) }
    // As good, and easier on the battery: the one that nothing but its energy sets apart.
    let thrifty = working.filter {
      $0.capabilities.energy < present.capabilities.energy && $0.probationUntil <= now
        && thrift.cost(of: $0.capabilities) <= thrift.cost(of: present.capabilities)
        && group(of: $0.transport) == presentGroup && !isClearlyFaster(present, than: $0)
    }
    guard let other = thrifty.min(by: { ($0.capabilities.energy, $0.upAt) < ($1.capabilities.energy, $1.upAt) }) else {
      return (present, false)
    }
    return (other, true)
  }

  /// By the hysteresis: small differences are noise.
  private func isClearlyFaster(_ link: PathLink, than other: PathLink) -> Bool {
    guard let fast = link.rtt, let slow = other.rtt else { return false }
    return fast.saturatingAdd(timers.hysteresis) < slow
      && fast < slow / 100 * (100 - min(timers.hysteresisPercent, 100))
  }

  /// The order of links: not on probation, priority group, not to be replaced, what is to be saved, RTT, energy, age, number.
  func precedes(_ left: PathLink, _ right: PathLink, now: UInt64) -> Bool {
    let waits = (left.probationUntil > now, right.probationUntil > now)
    if waits.0 != waits.1 { return waits.1 }
    let groups = (group(of: left.transport), group(of: right.transport))
    if groups.0 != groups.1 { return groups.0 < groups.1 }
    let yields = (left.capabilities.isYielding, right.capabilities.isYielding)
    if yields.0 != yields.1 { return yields.1 }
    let costs = (thrift.cost(of: left.capabilities), thrift.cost(of: right.capabilities))
    if costs.0 != costs.1 { return costs.0 < costs.1 }
    let times = (left.rtt ?? .max, right.rtt ?? .max)
    if times.0 != times.1 { return times.0 < times.1 }
    let energies = (left.capabilities.energy, right.capabilities.energy)
    if energies.0 != energies.1 { return energies.0 < energies.1 }
    if left.upAt != right.upAt { return left.upAt < right.upAt }
    return left.handle.rawValue < right.handle.rawValue
  }

  /// Both sides dialled over one transport, and the other one's link is kept: both have to judge alike.
  func isLosingDuplicate(_ link: PathLink, of peer: PeerPaths) -> Bool {
    guard link.state == .up, link.isIncoming == peer.dialsWin else { return false }
    return peer.links.contains {
      $0.state == .up && $0.transport == link.transport && $0.isIncoming != link.isIncoming
    }
  }

  private func explain(_ peer: PeerPaths, from previous: PathLink?, to next: PathLink?, byRTT: Bool, now: UInt64) {
    guard let next else {
      peer.reason = "no link is up: \(peer.lossText.isEmpty ? "all are closed" : peer.lossText)"
      peer.decide(
        .chosen, peer.reason, from: peer.chosenTransport, now: now, limit: limits.decisionsPerPeer)
      return
    }
    let name = next.transport
    var text: String
    if next.state == .suspect {
      text = "\(name) is chosen although it makes no progress: no other link is up"
    } else if byRTT, let previous, thrift.cost(of: next.capabilities) < thrift.cost(of: previous.capabilities) {
      text = "\(name) is chosen over \(previous.transport): same priority, and it saves what is to be saved"
    } else if byRTT, let previous, next.capabilities.energy < previous.capabilities.energy {
      text = "\(name) is chosen over \(previous.transport): as good, and it needs less energy"
    } else if byRTT, let previous {
      let rtts = "\((next.rtt ?? 0).durationText) against \((previous.rtt ?? 0).durationText)"
      text = "\(name) is chosen over \(previous.transport): same priority, faster (\(rtts))"
    } else if let loss = peer.lossAt {
      text = "\(name) is chosen \((now - loss).durationText) after \(peer.lossText)"
    } else if let previous, group(of: name) < group(of: previous.transport) {
      text = "\(name) is chosen over \(previous.transport): better priority group"
    } else if let previous, previous.capabilities.isYielding {
      text = "\(name) is chosen over \(previous.transport): a better link over it has come up"
    } else if let previous {
      text = "\(name) is chosen over \(previous.transport): that link is closing or a duplicate"
    } else {
      text = "\(name) is chosen: it came up first"
    }
    let better = peer.paths.filter { group(of: $0.transport) < group(of: name) }
    let failed = better.first { path in
      path.last?.failure != nil && !peer.links.contains { $0.transport == path.transport && $0.state == .up }
    }
    if let failed, let failure = failed.last?.failure, peer.lossAt == nil {
      text += "; \(failed.transport) would come first but \(failure.stage.words)"
    }
    peer.reason = text
    peer.decide(
      .chosen, text, from: peer.chosenTransport, to: name, now: now, limit: limits.decisionsPerPeer)
  }
}
