// SPDX-License-Identifier: Apache-2.0

extension TransportManager {
  /// Starts, continues or stops dialling for a peer.
  func drive(_ peer: PeerPaths, now: UInt64) {
    peer.nextStartAt = nil
    peer.retryAt = nil
    guard peer.isWanted else {
      // Nothing is looked for until somebody wants the peer.
      peer.roundStart = nil
      peer.maintenanceAt = nil
      return
    }
    guard let active = peer.workingLink else {
      peer.roundStart = nil
      peer.maintenanceAt = nil
      connect(peer, now: now)
      return
    }
    peer.reportedUnreachable = false
    // Each side confirms the other's link before its own. If both then cancelled their own attempts, both links would
    // be gone: the side whose dials win waits for its own.
    let hasOwn = peer.links.contains { $0.state == .up && !$0.isIncoming }
    if !peer.dialsWin || hasOwn {
      for attempt in peer.attempts where !isUseful(attempt.transport, for: peer, active: active, now: now) {
        cancel(attempt, of: peer)
      }
    }
    improve(peer, active: active, now: now)
  }

  /// No link works: every path that may be dialled is, in order.
  private func connect(_ peer: PeerPaths, now: UInt64) {
    launch(peer, now: now) { _ in true }
    let eligible = peer.paths.compactMap { eligibleAt($0, of: peer, now: now) }.filter { $0 > now }.min()
    if !peer.attempts.isEmpty || peer.nextStartAt != nil || peer.isStarving {
      if let eligible { peer.nextStartAt = min(peer.nextStartAt ?? eligible, eligible) }
      return
    }
    peer.retryAt = eligible
    // A link without progress is still a way; whoever asks learns of it from `why`.
    guard !peer.reportedUnreachable else { return }
    peer.reportedUnreachable = true
    let reason: TransportCommand.UnreachableReason
    let text: String
    if peer.paths.isEmpty {
      reason = peer.addresses.isEmpty ? .noAddress : .noTransport
      text = peer.addresses.isEmpty ? "no address is known" : "no transport claims the schemes of its addresses"
    } else if !peer.paths.contains(where: { isUsable($0.transport) }) {
      reason = .noTransport
      text = "no transport that claims its addresses runs and is allowed"
    } else {
      let tried = peer.paths.filter { $0.last?.failure != nil }
      reason = tried.count == peer.paths.count ? .everyPathFailed : .everyPathWaits
      let failures = tried.prefix(4).map { "\($0.transport) \($0.last?.failure?.stage.words ?? "")" }
      let why = Set(tried.compactMap { $0.last?.failure?.text })
      text =
        "every path failed or waits: " + failures.joined(separator: ", ")
        + (why.count == 1 ? ": \(why.first ?? "")" : "")
    }
    peer.decide(.unreachable, text, now: now, limit: limits.decisionsPerPeer)
    commands.append(.unreachable(peer: peer.handle, reason: reason, text: text, retryAt: eligible))
  }

  /// A link works: from time to time what would be better, or is missing beside it, is dialled.
  private func improve(_ peer: PeerPaths, active: PathLink, now: UInt64) {
    let hasGoal = peer.paths.contains {
      isUsable($0.transport) && isUseful($0.transport, for: peer, active: active, now: now)
    }
    guard hasGoal else {
      peer.roundStart = nil
      peer.maintenanceAt = nil
      return
    }
    if peer.roundStart == nil {
      if peer.maintenanceAt == nil {
        peer.maintenanceAt = now.saturatingAdd(timers.maintenanceFirst)
        peer.maintenanceInterval = timers.maintenanceBase
      }
      guard let due = peer.maintenanceAt, due <= now else { return }
      peer.roundStart = now
      peer.maintenanceAt = nil
    }
    guard let start = peer.roundStart else { return }
    launch(peer, now: now) { path in
      (path.lastStart.map { $0 < start } ?? true)
        && isUseful(path.transport, for: peer, active: active, now: now)
    }
    guard peer.attempts.isEmpty, peer.nextStartAt == nil, !peer.isStarving else { return }
    peer.roundStart = nil
    peer.maintenanceAt = now.saturatingAdd(max(1, jittered(peer.maintenanceInterval)))
    peer.maintenanceInterval = peer.maintenanceInterval.doubled(1, limit: timers.maintenanceLimit)
  }

  /// Whether a link over the transport would be worth having beside the active one.
  func isUseful(_ transport: String, for peer: PeerPaths, active: PathLink, now: UInt64) -> Bool {
    guard !peer.hasLastingLink(over: transport), let entry = policy.entry(named: transport) else { return false }
    if entry.priorityGroup < group(of: active.transport) || peer.hasWorkingLink(over: transport) { return true }
    if keepsStandby && transport != active.transport {
      guard let standby = standby(of: peer, beside: active, now: now) else { return true }
      if entry.priorityGroup < group(of: standby.transport) { return true }
    }
    for trafficClass in 0..<TransportPolicy.classCount where peer.selected[trafficClass] == nil {
      if policy.allows(transport, trafficClass: trafficClass) { return true }
    }
    for need in [PathNeeds.notMetered, .anonymous] where peer.needs.contains(need) {
      let isMet = peer.links.contains { $0.state == .up && need.areMet(by: $0.capabilities) }
      if !isMet && need.areMet(by: entry.capabilities) { return true }
    }
    return false
  }

  /// Starts paths that pass the filter as far as stagger, head start and limits allow; notes when the next may start.
  private func launch(_ peer: PeerPaths, now: UInt64, where filter: (Path) -> Bool) {
    while let index = nextPath(peer, now: now, where: filter) {
      let path = peer.paths[index]
      let start = startTime(of: path, peer: peer, now: now)
      if start > now {
        peer.nextStartAt = start
        return
      }
      guard peer.attempts.count < max(1, limits.attemptsPerPeer) else { return }
      guard attemptOwner.count < max(1, limits.attempts) else {
        if !peer.isStarving {
          peer.isStarving = true
          starving.append(peer.handle)
        }
        return
      }
      dial(peer, index, now: now)
    }
  }

  /// The first path in the order that may be dialled; one tier never takes the last attempt from another.
  private func nextPath(_ peer: PeerPaths, now: UInt64, where filter: (Path) -> Bool) -> Int? {
    let candidates = orderedPaths(of: peer, now: now).filter { index in
      let path = peer.paths[index]
      guard let eligible = eligibleAt(path, of: peer, now: now), eligible <= now else { return false }
      return filter(path)
    }
    guard let first = candidates.first else { return nil }
    let firstTier = tier(of: peer.paths[first], now: now)
    guard candidates.contains(where: { tier(of: peer.paths[$0], now: now) != firstTier }) else { return first }
    return candidates.first { index in
      let tier = tier(of: peer.paths[index], now: now)
      return peer.attempts.reduce(0) { $0 + ($1.tier == tier ? 1 : 0) } < max(1, limits.attemptsPerPeer - 1)
    }
  }

  /// When a path may start, given what is in flight.
  private func startTime(of path: Path, peer: PeerPaths, now: UInt64) -> UInt64 {
    if peer.attempts.isEmpty || path.isSeenFresh(at: now, for: timers.seenFresh) { return now }
    let tier = tier(of: path, now: now)
    let staggered = peer.lastStartAt.map { $0.saturatingAdd(peer.lastStagger) } ?? now
    if peer.attempts.contains(where: { $0.tier == tier }) { return staggered }
    guard let ahead = peer.attempts.map(\.tier).filter({ $0 < tier }).max() else { return now }
    let started = peer.attempts.filter { $0.tier == ahead }.map(\.startedAt).min() ?? now
    return max(staggered, started.saturatingAdd(timers.groupHeadStart))
  }

  private func dial(_ peer: PeerPaths, _ index: Int, now: UInt64) {
    let path = peer.paths[index]
    guard let entry = policy.entry(named: path.transport) else { return }
    lastAttempt += 1
    let isProbe = peer.health[path.transport]?.openUntil != nil
    if isProbe { peer.health[path.transport]?.probesLeft -= 1 }
    let attempt = PathAttempt(
      handle: AttemptHandle(rawValue: lastAttempt), transport: path.transport, address: path.address,
      tier: tier(of: path, now: now), startedAt: now, deadline: now.saturatingAdd(max(1, entry.dialTimeout)),
      isHalfOpenProbe: isProbe)
    peer.attempts.append(attempt)
    attemptOwner[attempt.handle] = peer.handle
    peer.paths[index].lastStart = now
    peer.lastStartAt = now
    let ceiling = max(timers.staggerFloor, timers.staggerCeiling)
    peer.lastStagger = path.rtt.map { max(timers.staggerFloor, $0.doubled(1, limit: ceiling)) } ?? ceiling
    peer.reportedUnreachable = false
    commands.append(
      .dial(
        peer: peer.handle, attempt: attempt.handle, transport: path.transport, instance: entry.instance,
        address: path.address, deadline: attempt.deadline))
  }

  /// Gives an attempt up without holding it against the path.
  func cancel(_ attempt: PathAttempt, of peer: PeerPaths) {
    peer.attempts.removeAll { $0.handle == attempt.handle }
    attemptOwner[attempt.handle] = nil
    if attempt.isHalfOpenProbe { peer.health[attempt.transport]?.probesLeft += 1 }
    commands.append(.cancel(attempt.handle))
  }
}
