// SPDX-License-Identifier: Apache-2.0

import MeshSession
import MeshTransportManager
import MeshWire

extension NodeCore {
  /// A link can carry packets: the handshake begins.
  public func linkUp(_ id: UInt64, _ description: LinkDescription, isIncoming: Bool, now: UInt64) {
    self.now = now
    var state = links[id] ?? LinkState(transport: description.transport, address: description.address)
    state.capabilities = description.capabilities
    if isIncoming { state.address = description.address }
    links[id] = state
    endpoint.linkUp(
      id, dialled: isIncoming ? nil : state.peer, characteristics: description.characteristics,
      binding: description.binding, source: description.source, now: now)
  }

  /// A dialled link never came up.
  public func linkFailed(_ id: UInt64, _ failure: PathFailure, now: UInt64) { lose(id, failure, now: now) }

  /// A link is gone; `failure` is nil when it was closed in an orderly way.
  public func linkDown(_ id: UInt64, _ failure: PathFailure?, now: UInt64) { lose(id, failure, now: now) }

  /// What a link can do has changed.
  public func linkChanged(
    _ id: UInt64, characteristics: LinkCharacteristics, capabilities: PathCapabilities, now: UInt64
  ) {
    endpoint.linkChanged(id, characteristics: characteristics)
    var capabilities = capabilities
    if capabilities.medium == 0 { capabilities.medium = links[id]?.capabilities.medium ?? 0 }
    links[id]?.capabilities = capabilities
    if links[id]?.isConfirmed == true {
      transports.linkChanged(LinkHandle(rawValue: id), capabilities: capabilities, now: now)
      transportsChanged = true
    }
  }

  /// A lane of a link carries packets from now on.
  public func linkOpenedLane(_ id: UInt64, lane: Int) { endpoint.laneOpened(lane, of: id) }

  /// More may be sent on a link.
  public func linkHasCredit(_ id: UInt64) {
    guard let link = endpoint.link(id) else { return }
    endpoint.wantsToSend(on: link)
  }

  /// A packet arrived; it is opened in place.
  public func receive(_ id: UInt64, packet: UnsafeMutableRawBufferPointer, now: UInt64) {
    self.now = now
    endpoint.receive(id, packet: packet, now: now)
  }

  /// Somebody near offers an address.
  public func peerSeen(_ id: NodeID, transport: String, address: String, now: UInt64) {
    guard let peer = peers[id] else { return }
    transports.peerSeen(peer.handle, transport: transport, address: address, now: now)
    transportsChanged = true
  }

  /// The machine's network has changed, or it woke up.
  public func networkChanged(now: UInt64) {
    transports.networkChanged(now: now)
    transportsChanged = true
  }

  private func lose(_ id: UInt64, _ failure: PathFailure?, now: UInt64) {
    self.now = now
    guard let state = links.removeValue(forKey: id) else { return }
    endpoint.linkDown(id, now: now)
    report(id, state, failure, event: failure == nil ? .closed : .failed, now: now)
  }

  /// Tells the transport manager and the observer that a link is no more.
  private func report(_ id: UInt64, _ state: LinkState, _ failure: PathFailure?, event: LinkEvent, now: UInt64) {
    transportsChanged = true
    let peer = state.peer.flatMap { peers[$0] }
    if state.isConfirmed {
      transports.linkDown(LinkHandle(rawValue: id), failure, now: now)
      rttReported[id] = nil
      if let peer, peer.links.isEmpty { disconnected(peer, now: now) }
    } else if let attempt = state.attempt {
      linkOfAttempt[attempt] = nil
      let unexplained = PathFailure(
        code: -12, kind: .peer, stage: .refused, text: "the link was closed before it was up")
      transports.attemptFailed(attempt, failure ?? unexplained, now: now)
    }
    observer?.link(
      id, of: peer, transport: state.transport, event: event, text: failure?.text ?? "closed", now: now)
  }

  func disconnected(_ peer: Peer, now: UInt64) {
    observer?.peer(peer, isConnected: false, now: now)
    carriage.linksLost(peer, now: now)
    requests.pathLost(peer.id, "the last link is gone", isFinal: false, now: now)
  }

  /// The goodbye on this link has been written.
  func finish(_ link: SecureLink, now: UInt64) {
    guard let state = links.removeValue(forKey: link.id) else { return }
    endpoint.linkDown(link.id, now: now)
    report(link.id, state, nil, event: .closed, now: now)
    driver?.disconnect(link.id, abort: false)
  }

  func carryOut(_ command: TransportCommand, now: UInt64) {
    switch command {
    case .dial(let handle, let attempt, let transport, let instance, let address, let deadline):
      guard let peer = peersByHandle[handle], let driver else { return }
      do throws(DialRefusal) {
        let id = try driver.dial(instance: instance, address: address, deadline: deadline)
        links[id] = LinkState(transport: transport, address: address, attempt: attempt, peer: peer.id)
        linkOfAttempt[attempt] = id
        dialled.append(peer.id)
      } catch {
        transports.attemptFailed(
          attempt,
          PathFailure(code: error.code, classNumber: error.failureClass, stage: .refused, text: error.text), now: now)
        transportsChanged = true
      }
    case .cancel(let attempt):
      guard let id = linkOfAttempt.removeValue(forKey: attempt), links.removeValue(forKey: id) != nil else { return }
      endpoint.linkDown(id, now: now)
      driver?.disconnect(id, abort: true)
    case .close(let link, _, _):
      // Draining keeps the promise behind `after`: the link goes when everything it carried is acknowledged.
      endpoint.drain(link.rawValue, now: now)
    case .select(let handle, let trafficClass, let link):
      guard let session = peersByHandle[handle]?.session,
        let trafficClass = TrafficClass(rawValue: UInt8(truncatingIfNeeded: trafficClass))
      else { return }
      session.route(trafficClass, over: link?.rawValue ?? 0)
    case .probe(let link):
      if let link = endpoint.link(link.rawValue) { endpoint.probe(link) }
    case .unreachable(let handle, _, let text, let retryAt):
      guard let peer = peersByHandle[handle] else { return }
      peer.isUnreachable = true
      observer?.peer(peer, isUnreachable: text, retryAt: retryAt, now: now)
      if peer.links.isEmpty { requests.pathLost(peer.id, text, isFinal: true, now: now) }
    }
  }
}
