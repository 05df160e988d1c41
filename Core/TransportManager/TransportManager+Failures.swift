// SPDX-License-Identifier: Apache-2.0

extension TransportManager {
  /// Ends an attempt that failed: path, breaker and transport remember it; the next path may start at once.
  func endAttempt(_ attempt: PathAttempt, of peer: PeerPaths, _ failure: PathFailure, now: UInt64) {
    peer.attempts.removeAll { $0.handle == attempt.handle }
    attemptOwner[attempt.handle] = nil
    peer.lastStartAt = nil
    let took = now - min(now, attempt.startedAt)
    if let index = peer.pathIndex(transport: attempt.transport, address: attempt.address) {
      remember(failure, took: took, in: &peer.paths[index], now: now)
    }
    let text = "\(attempt.transport) \(failure.stage.words) after \(took.durationText): \(failure.text)"
    peer.decide(.failed, text, now: now, limit: limits.decisionsPerPeer)
    countFailure(of: attempt.transport, peer: peer, now: now)
    if failure.stage == .timedOut && peer.workingLink != nil { witness(attempt.transport, peer: peer, now: now) }
  }

  /// Writes a failure into a path: what it did last, when it may be dialled again, and how long it ranks behind.
  func remember(_ failure: PathFailure, took: UInt64, in path: inout Path, now: UInt64) {
    path.last = WhyPath.Outcome(at: now, took: took, failure: failure)
    path.failures += 1
    switch failure.kind {
    case .auth where failure.stage == .notAdmitted:
      // Two people add each other one after the other: the second may be about to.
      path.admissionFailures += 1
      path.retryAt = now.saturatingAdd(
        jittered(timers.admissionRetryBase.doubled(path.admissionFailures - 1, limit: timers.admissionRetryLimit)))
    case .auth:
      path.authFailures += 1
      path.retryAt = now.saturatingAdd(
        jittered(timers.authRetryBase.doubled(path.authFailures - 1, limit: timers.authRetryLimit)))
    case .config, .unsupported:
      path.retryAt = now.saturatingAdd(jittered(timers.hopelessRetry))
    case .unspecified, .transient, .peer, .resource, .bug:
      path.retryAt = now.saturatingAdd(
        max(1, jittered(timers.retryBase.doubled(path.failures - 1, limit: timers.retryLimit))))
    }
    path.remembered = failure.stage
    switch failure.stage {
    case .refused, .notAdmitted: path.rememberedUntil = now.saturatingAdd(timers.rememberRefused)
    case .timedOut:
      path.timeouts += 1
      let duration = timers.rememberTimedOut.doubled(path.timeouts - 1, limit: timers.rememberTimedOutLimit)
      path.rememberedUntil = now.saturatingAdd(duration)
    case .handshake: path.rememberedUntil = now.saturatingAdd(timers.rememberHandshake)
    case .diedLater: path.rememberedUntil = now.saturatingAdd(timers.rememberDied)
    case .suspect: path.rememberedUntil = now.saturatingAdd(timers.rememberSuspect)
    }
  }

  /// One more failure in a row of a transport to a peer; the breaker opens when there have been enough, but not
  /// before every address has had its turn.
  func countFailure(of transport: String, peer: PeerPaths, now: UInt64) {
    var health = peer.health[transport] ?? TransportHealth()
    health.failures += 1
    let addresses = peer.paths.reduce(0) { $0 + ($1.transport == transport ? 1 : 0) }
    let isOpen = health.openUntil.map { $0 > now } ?? false
    let isHalfOpen = health.openUntil != nil && !isOpen
    let inFlight = peer.attempts.contains { $0.transport == transport }
    let opens =
      isHalfOpen
      ? health.probesLeft <= 0 && !inFlight
      : !isOpen && health.failures >= max(timers.breakerThreshold, addresses)
    if opens {
      let times = min(health.timesOpened + 1, max(1, timers.breakerOpenLimit))
      let duration = jittered(timers.breakerOpen * times)
      health.open(until: now.saturatingAdd(duration))
      let text = "\(transport) failed \(health.failures) times in a row: not dialled for \(duration.durationText)"
      peer.decide(.breakerOpened, text, now: now, limit: limits.decisionsPerPeer)
    }
    peer.health[transport] = health
  }

  /// A transport timed out while the peer was reached another way; two peers are proof that the network drops it.
  func witness(_ transport: String, peer: PeerPaths, now: UInt64) {
    let isUpSomewhere = order.contains { peers[$0]?.hasWorkingLink(over: transport) ?? false }
    guard !isUpSomewhere else { return }
    var entry = memory[transport] ?? TransportMemory()
    if !entry.witnesses.contains(peer.handle) && entry.witnesses.count < TransportMemory.peersRemembered {
      entry.witnesses.append(peer.handle)
    }
    if entry.witnesses.count >= 2 && entry.until <= now {
      let duration = timers.rememberTimedOut.doubled(entry.times, limit: timers.rememberTimedOutLimit)
      entry.until = now.saturatingAdd(duration)
      entry.times += 1
    }
    memory[transport] = entry
  }
}
