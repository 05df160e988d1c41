// SPDX-License-Identifier: Apache-2.0
import MeshObserve
import MeshSession
import MeshWire

extension Node: NodeObserver {
  /// Logs and counts connections.
  public func peer(_ peer: Peer, isConnected: Bool, now: UInt64) {
    if isConnected {
      metrics.connects.add()
      log.info("peer_connected", [.peer(peer.label), .session(peer.conversation)])
      sendRecord(to: peer)
    } else {
      log.info("peer_disconnected", [.peer(peer.label), .session(peer.conversation)])
    }
    onPeer?(peer, isConnected)
    tellPlugins(of: peer, isConnected: isConnected)
    for listener in listeners { listener.peer(peer, isConnected: isConnected) }
  }

  /// Logs what happened to a link.
  public func link(
    _ link: UInt64, of peer: Peer?, transport: String, event: LinkEvent, text: String, now: UInt64
  ) {
    metrics.count(event)
    // Made for lines that are written: to print a name takes microseconds.
    func fields() -> [LogField] {
      [
        .link(link), .peer(peer?.label ?? ""), .session(peer?.conversation ?? 0),
        .text("transport", transport), event == .confirmed ? .address("text", text) : .text("text", text),
      ]
    }
    switch event {
    case .confirmed: log.info("link_confirmed", fields())
    case .suspect: log.warning("link_suspect", fields())
    case .recovered: log.info("link_recovered", fields())
    case .closed: log.info("link_closed", fields())
    case .failed: log.warning("link_failed", fields())
    }
    for listener in listeners { listener.link(of: peer, transport: transport, event: event, text: text) }
  }

  /// Logs that a peer has lost its state.
  public func peerRestarted(_ peer: Peer, now: UInt64) {
    metrics.restarts.add()
    log.info("peer_restarted", [.peer(peer.label), .session(peer.conversation)])
    for listener in listeners { listener.peerRestarted(peer) }
  }

  /// Logs that a session was refused.
  public func sessionRefused(_ peer: NodeID, limit: Int, now: UInt64) {
    metrics.sessionsRefused.add()
    log.warning(
      "session_refused",
      [
        .peer(core.peers[peer]?.label ?? peer.short), .number("max_sessions", limit),
        .text("reason", "there are as many sessions as node.max_sessions allows"),
      ])
  }

  /// Logs that somebody who is not known has proved a name and was turned away.
  public func strangerRefused(_ id: NodeID, limit: Int?, now: UInt64) {
    var fields: [LogField] = [.text("id", id.name)]
    if let limit {
      fields += [.number("max_peers", limit), .text("reason", "there are as many peers as node.max_peers allows")]
    } else {
      fields.append(.text("reason", "not a known peer; 'meshctl peers add' lets it in"))
    }
    log.info("stranger_refused", fields)
  }

  /// Logs that no path leads to a peer.
  public func peer(_ peer: Peer, isUnreachable text: String, retryAt: UInt64?, now: UInt64) {
    metrics.unreachable.add()
    var fields: [LogField] = [.peer(peer.label), .text("reason", text)]
    if let retryAt {
      fields.append(.duration("retry_in", nanoseconds: retryAt > now ? Int64(clamping: retryAt - now) : 0))
    }
    // Peers are wanted from the first moment on, when no transport runs yet.
    let isEarly = retryAt == nil && now < startedAt + 1_000_000_000
    log.write(isEarly ? .info : .warning, "peer_unreachable", fields)
    for listener in listeners { listener.peer(peer, isUnreachable: text) }
  }
}
