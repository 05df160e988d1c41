// SPDX-License-Identifier: Apache-2.0

extension TransportManager {
  /// A link is up, which means that both sides have confirmed the session over it.
  ///
  /// - Parameters:
  ///   - attempt: the attempt that led to it; nil for a link that came in.
  ///   - address: the remote address when it is known and the link came in.
  public func linkUp(
    _ peer: PeerHandle, link: LinkHandle, attempt: AttemptHandle?, transport: String, address: String? = nil,
    capabilities: PathCapabilities, now: UInt64
  ) {
    let now = tick(now)
    guard linkOwner[link] == nil else { return }
    guard let state = peers[peer] else {
      commands.append(.close(link, reason: .unknownPeer, after: nil))
      return
    }
    let tried = attempt.flatMap { handle in state.attempts.first { $0.handle == handle } }
    if let tried {
      state.attempts.removeAll { $0.handle == tried.handle }
      attemptOwner[tried.handle] = nil
    }
    let isLate = attempt != nil && tried == nil
    guard !(isLate && !state.isWanted), state.links.count < limits.linksPerPeer else {
      commands.append(.close(link, reason: isLate ? .unwanted : .surplus, after: nil))
      settle(state, now: now)
      feedStarving(now: now)
      return
    }
    let name = tried?.transport ?? transport
    let deaths = state.health[name]?.youngDeaths ?? 0
    let probation = deaths == 0 ? 0 : timers.probation.doubled(deaths - 1, limit: timers.probationLimit)
    state.links.append(
      PathLink(
        handle: link, transport: name, address: tried?.address ?? address ?? "", isIncoming: attempt == nil,
        capabilities: capabilities, upAt: now, probationUntil: deaths == 0 ? 0 : now.saturatingAdd(probation)))
    linkOwner[link] = peer
    let took = tried.map { now - min(now, $0.startedAt) } ?? 0
    if let tried, let index = state.pathIndex(transport: name, address: tried.address) {
      state.paths[index].last = WhyPath.Outcome(at: now, took: took, failure: nil)
      state.paths[index].lastSuccess = now
      state.paths[index].retryAt = 0
      state.paths[index].remembered = nil
    }
    state.health[name]?.openUntil = nil
    memory[name] = nil
    for path in state.paths where path.transport != name && path.last?.failure?.stage == .timedOut {
      if let at = path.last?.at, now - min(now, at) < timers.seenFresh {
        witness(path.transport, peer: state, now: now)
      }
    }
    if attempt == nil {
      // The peer lets us in now: what it refused before is worth another try.
      for index in state.paths.indices
      where state.paths[index].authFailures > 0 || state.paths[index].admissionFailures > 0 {
        state.paths[index].authFailures = 0
        state.paths[index].admissionFailures = 0
        state.paths[index].retryAt = now
        state.paths[index].remembered = nil
      }
    }
    let text = attempt == nil ? "\(name) came in" : "\(name) came up after \(took.durationText)"
    state.decide(.up, text, now: now, limit: limits.decisionsPerPeer)
    settle(state, now: now)
    feedStarving(now: now)
  }

  /// An attempt failed, in any way. An attempt that is not known (any more) is ignored.
  public func attemptFailed(_ attempt: AttemptHandle, _ failure: PathFailure, now: UInt64) {
    let now = tick(now)
    guard let owner = attemptOwner[attempt], let peer = peers[owner] else { return }
    guard let tried = peer.attempts.first(where: { $0.handle == attempt }) else { return }
    endAttempt(tried, of: peer, failure, now: now)
    settle(peer, now: now)
    feedStarving(now: now)
  }

  /// A link went down; `failure` is nil when it was closed in an orderly way. Unknown links are ignored.
  public func linkDown(_ link: LinkHandle, _ failure: PathFailure?, now: UInt64) {
    let now = tick(now)
    guard let owner = linkOwner.removeValue(forKey: link), let peer = peers[owner] else { return }
    guard let index = peer.linkIndex(link) else { return }
    countStableLinks(of: peer, now: now)
    let gone = peer.links.remove(at: index)
    let age = now - min(now, gone.upAt)
    let text = "\(gone.transport) went down after \(age.durationText)" + (failure.map { ": \($0.text)" } ?? "")
    peer.decide(.down, text, now: now, limit: limits.decisionsPerPeer)
    if peer.chosen == link && peer.lossAt == nil {
      peer.lossAt = now
      peer.lossText = text
    }
    if let failure, gone.state != .closing {
      noteDeath(of: gone, age: age, failure, peer: peer, now: now)
    }
    settle(peer, now: now)
    feedStarving(now: now)
  }

  private func noteDeath(of link: PathLink, age: UInt64, _ failure: PathFailure, peer: PeerPaths, now: UInt64) {
    let path = peer.pathIndex(transport: link.transport, address: link.address)
    if age >= timers.stableAfter {
      // A link that lived long is dialled again at once: one death says nothing about the path.
      if let path { peer.paths[path].last = WhyPath.Outcome(at: now, took: age, failure: failure) }
      if peer.maintenanceAt != nil { lookAgain(peer, now: now) }
      return
    }
    if let path { remember(failure, took: age, in: &peer.paths[path], now: now) }
    var health = peer.health[link.transport] ?? TransportHealth()
    health.youngDeaths += 1
    peer.health[link.transport] = health
    countFailure(of: link.transport, peer: peer, now: now)
  }

  /// The session sees no progress on the link: traffic moves at once if there is anywhere to go.
  public func linkSuspect(_ link: LinkHandle, now: UInt64) {
    let now = tick(now)
    guard let owner = linkOwner[link], let peer = peers[owner], let index = peer.linkIndex(link) else { return }
    guard peer.links[index].state == .up else { return }
    peer.links[index].state = .suspect
    peer.links[index].suspicions += 1
    peer.links[index].lastProbe = now
    commands.append(.probe(link))
    let transport = peer.links[index].transport
    if let path = peer.pathIndex(transport: transport, address: peer.links[index].address) {
      let failure = PathFailure(code: 0, kind: .transient, stage: .suspect, text: "nothing was acknowledged in time")
      peer.paths[path].last = WhyPath.Outcome(at: now, took: now - min(now, peer.links[index].upAt), failure: failure)
      peer.paths[path].remembered = .suspect
      peer.paths[path].rememberedUntil = now.saturatingAdd(timers.rememberSuspect)
    }
    let text = "\(transport) made no progress"
    peer.decide(.suspect, text, now: now, limit: limits.decisionsPerPeer)
    if peer.chosen == link && peer.lossAt == nil {
      peer.lossAt = now
      peer.lossText = text
    }
    settle(peer, now: now)
    feedStarving(now: now)
  }

  /// The suspect link made progress again.
  public func linkRecovered(_ link: LinkHandle, now: UInt64) {
    let now = tick(now)
    guard let owner = linkOwner[link], let peer = peers[owner], let index = peer.linkIndex(link) else { return }
    guard peer.links[index].state == .suspect else { return }
    peer.links[index].state = .up
    let wait = timers.probation.doubled(peer.links[index].suspicions - 1, limit: timers.probationLimit)
    peer.links[index].probationUntil = now.saturatingAdd(wait)
    settle(peer, now: now)
    feedStarving(now: now)
  }

  /// The plugin changed a link's capabilities.
  public func linkChanged(_ link: LinkHandle, capabilities: PathCapabilities, now: UInt64) {
    let now = tick(now)
    guard let owner = linkOwner[link], let peer = peers[owner], let index = peer.linkIndex(link) else { return }
    let asksForMore = capabilities.isYielding && !peer.links[index].capabilities.isYielding
    peer.links[index].capabilities = capabilities
    if asksForMore {
      let text = "\(peer.links[index].transport) would now have a better link: it is dialled beside this one"
      peer.decide(.changed, text, now: now, limit: limits.decisionsPerPeer)
      peer.roundStart = nil
      let soon = now.saturatingAdd(timers.maintenanceFirst)
      peer.maintenanceAt = min(peer.maintenanceAt ?? soon, soon)
    }
    settle(peer, now: now)
  }

  /// One round-trip time measured by the session, nanoseconds.
  public func rttSample(_ link: LinkHandle, _ rtt: UInt64, now: UInt64) {
    let now = tick(now)
    guard let owner = linkOwner[link], let peer = peers[owner], let index = peer.linkIndex(link) else { return }
    let smoothed = peer.links[index].rtt.map { $0 - $0 / 8 + rtt / 8 } ?? rtt
    peer.links[index].rtt = smoothed
    if let path = peer.pathIndex(transport: peer.links[index].transport, address: peer.links[index].address) {
      peer.paths[path].rtt = smoothed
    }
    if peer.links.count > 1 { settle(peer, now: now) }
  }
}
