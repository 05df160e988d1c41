// SPDX-License-Identifier: Apache-2.0

extension TransportManager {
  /// The link for a message of that class and those needs now; nil when no usable link may carry it.
  /// Without needs it is the one last given by `.select`.
  public func link(for peer: PeerHandle, trafficClass: Int, needs: PathNeeds = []) -> LinkHandle? {
    guard let state = peers[peer], state.selected.indices.contains(trafficClass) else { return nil }
    let selected = state.selected[trafficClass]
    if needs.isEmpty { return selected }
    let meeting = state.links.filter {
      $0.state != .closing && needs.areMet(by: $0.capabilities)
        && policy.allows($0.transport, trafficClass: trafficClass)
    }
    if let selected, meeting.contains(where: { $0.handle == selected && $0.state == .up }) { return selected }
    let working = meeting.filter { $0.state == .up }
    return (working.isEmpty ? meeting : working).min { precedes($0, $1, now: clock) }?.handle
  }

  /// Whether nothing leads to the peer and nothing is being tried: `.unreachable` was the last word about it.
  public func isUnreachable(_ peer: PeerHandle) -> Bool {
    guard let state = peers[peer] else { return true }
    return state.reportedUnreachable && state.attempts.isEmpty
  }

  /// The peer's links that are up, the best first.
  public func links(of peer: PeerHandle) -> [LinkHandle] {
    let working = peers[peer]?.links.filter { $0.state == .up } ?? []
    return working.sorted { precedes($0, $1, now: clock) }.map(\.handle)
  }

  /// Which paths lead to the peer, what each did last, which was chosen and why; nil for an unknown peer.
  public func why(_ peer: PeerHandle, now: UInt64) -> WhyReport? {
    guard let state = peers[peer] else { return nil }
    let now = tick(now)
    func transport(_ link: LinkHandle?) -> String? {
      link.flatMap { state.linkIndex($0) }.map { state.links[$0].transport }
    }
    var rows: [WhyPath] = []
    for link in state.links where state.pathIndex(transport: link.transport, address: link.address) == nil {
      let (place, reason) = describe(link, of: state)
      rows.append(
        WhyPath(
          transport: link.transport, address: link.address, source: nil, priorityGroup: group(of: link.transport),
          state: place, last: nil, rtt: link.rtt, failures: state.health[link.transport]?.failures ?? 0,
          reason: "came in; " + reason))
    }
    for index in orderedPaths(of: state, now: now) {
      let path = state.paths[index]
      let (place, reason) = describe(path, of: state, now: now)
      rows.append(
        WhyPath(
          transport: path.transport, address: path.address, source: path.source,
          priorityGroup: group(of: path.transport), state: place, last: path.last, rtt: path.rtt,
          failures: path.failures, reason: reason))
    }
    let failed = state.reportedUnreachable ? state.decisions.last { $0.event == .unreachable }?.text : nil
    return WhyReport(
      peer: peer, at: now, isWanted: state.isWanted, chosenLink: state.chosen,
      chosenTransport: transport(state.chosen), reason: state.chosen == nil ? failed ?? state.reason : state.reason,
      retryAt: state.retryAt,
      classTransports: state.selected.map { transport($0) }, paths: rows, decisions: state.decisions)
  }

  private func describe(_ link: PathLink, of peer: PeerPaths) -> (WhyPath.State, String) {
    let (place, reason) = standing(link, of: peer)
    // Of a transport whose links differ, as QUIC and TCP do, this is what can be told without knowing the transport.
    var words = [reason]
    if let medium = link.capabilities.mediumText { words.append("over \(medium)") }
    if link.capabilities.isMigrating { words.append("survives changes of address") }
    if link.capabilities.isYielding { words.append("makes room for a better one over the same transport") }
    return (place, words.joined(separator: "; "))
  }

  private func standing(_ link: PathLink, of peer: PeerPaths) -> (WhyPath.State, String) {
    if link.handle == peer.chosen && link.state == .up { return (.active(link.handle), peer.reason) }
    switch link.state {
    case .up:
      let waits = link.probationUntil > clock
      return (.standby(link.handle), waits ? "up, but its last links died young" : "up and ready to take over")
    case .suspect: return (.suspect(link.handle), "up, but nothing is acknowledged over it")
    case .closing: return (.closing(link.handle), "closed as soon as its frames are acknowledged elsewhere")
    }
  }

  private func describe(_ path: Path, of peer: PeerPaths, now: UInt64) -> (WhyPath.State, String) {
    let over = peer.links.filter { $0.transport == path.transport && $0.address == path.address }
    if let link = over.first(where: { $0.handle == peer.chosen }) ?? over.last { return describe(link, of: peer) }
    let inFlight = peer.attempts.first { $0.transport == path.transport && $0.address == path.address }
    if let inFlight {
      let state = WhyPath.State.dialing(since: inFlight.startedAt, deadline: inFlight.deadline)
      return (state, "being dialled for \((now - min(now, inFlight.startedAt)).durationText)")
    }
    let last = path.last?.failure.map { "\($0.stage.words): \($0.text)" } ?? "never failed"
    guard isUsable(path.transport) else {
      return (.unavailable, "the transport does not run, or no traffic class may use it; \(last)")
    }
    if let until = peer.health[path.transport]?.openUntil, until > now {
      return (.breakerOpen(until: until), "breaker open for \((until - now).durationText) more; \(last)")
    }
    if path.retryAt > now {
      return (.waiting(until: path.retryAt), "tried again in \((path.retryAt - now).durationText); \(last)")
    }
    if let stage = path.remembered, path.rememberedUntil > now {
      return (.remembered(stage, until: path.rememberedUntil), "ranks behind the others; \(last)")
    }
    if let until = memory[path.transport]?.until, until > now, path.lastSuccess == nil {
      return (.remembered(.timedOut, until: until), "this network seems to drop the transport; \(last)")
    }
    return (.ready, peer.workingLink == nil ? "next in line; \(last)" : "not needed now; \(last)")
  }
}
