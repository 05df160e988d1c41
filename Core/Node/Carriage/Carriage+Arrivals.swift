// SPDX-License-Identifier: Apache-2.0

import CMeshABI
import MeshCrypto
import MeshMultiplexer
import MeshSession
import MeshWire

/// What comes with carriers.
extension Carriage {
  private static let retryInterval: UInt64 = 1_000_000_000

  /// An envelope for this node. The carrier keeps it until it is settled.
  public func arrived(_ carrier: Int, arrival: [UInt8], envelope bytes: [UInt8], now: UInt64) {
    guard let driver else { return }
    let envelope: Envelope
    do throws(EnvelopeError) {
      let result = bytes.withUnsafeBytes { bytes in
        Result { () throws(EnvelopeError) in try Envelope(bytes, for: core.identity) }
      }
      envelope = try result.get()
    } catch {
      counters.refused += 1
      return driver.settle(arrival, of: carrier, status: error == .forged ? MESH_E_AUTH : MESH_E_INVALID)
    }
    let isKnown = core.peers[envelope.sender]?.isKnown == true
    guard isKnown || core.acceptsUnknownPeers else {
      counters.refused += 1
      return driver.settle(arrival, of: carrier, status: MESH_E_PERMISSION)
    }
    switch envelope.kind {
    case .receipt: receipt(envelope, carrier, arrival, isKnown: isKnown, now: now)
    case .message:
      // A stranger's word on the time would have it remembered for ever. It may also be this node's clock that is wrong.
      guard isKnown || envelope.issued <= wallClock + EnvelopeWindow.grace else {
        return later(carrier, arrival, now: now)
      }
      message(envelope.shortened(to: Self.longest(isKnown)), carrier, arrival, isKnown: isKnown, now: now)
    }
  }

  /// Milliseconds for which a message counts here, whatever it says: some 35 years, of strangers thirty days.
  private static func longest(_ isKnown: Bool) -> UInt64 { isKnown ? 1 << 40 : 30 * 86_400_000 }

  private func message(_ envelope: Envelope, _ carrier: Int, _ arrival: [UInt8], isKnown: Bool, now: UInt64) {
    guard let driver else { return }
    let reference = CarriedReference(sender: envelope.sender, id: envelope.id)
    let wallClock = driver.wallClock
    if window.contains(.init(kind: .taken, peer: envelope.sender, id: envelope.id)) {
      // Its receipt may have been lost.
      counters.repeated += 1
      settle(
        Settlement(
          arrivals: [Arrival(carrier: carrier, id: arrival)],
          receipt: (envelope.sender, envelope.id, envelope.lifetime)))
      return
    }
    if let delivery = deliveries[reference] {
      counters.repeated += 1
      let again = Arrival(carrier: carrier, id: arrival)
      if !delivery.arrivals.contains(again) { deliveries[reference]?.arrivals.append(again) }
      return
    }
    if let place = envelope.place {
      switch progress(of: place, from: envelope.sender) {
      case .unread: break
      case .held: return later(carrier, arrival, now: now)
      case .released:
        guard window.hasRoom(for: envelope.sender, isKnown: isKnown) else { return later(carrier, arrival, now: now) }
        counters.repeated += 1
        unsaved += window.insert(
          .init(kind: .taken, peer: envelope.sender, id: envelope.id), deadline: max(envelope.deadline, wallClock))
        settle(
          Settlement(
            arrivals: [Arrival(carrier: carrier, id: arrival)],
            receipt: (envelope.sender, envelope.id, envelope.lifetime)))
        return
      }
    }
    guard envelope.deadline > wallClock else { return driver.settle(arrival, of: carrier, status: MESH_E_EXPIRED) }
    // One that a session had is remembered as skipped too.
    guard window.hasRoom(for: envelope.sender, envelope.place == nil ? 1 : 2, isKnown: isKnown),
      envelope.place.map({ maySkip($0, from: envelope.sender) }) != false
    else { return later(carrier, arrival, now: now) }
    guard let server = core.servers[envelope.name] else {
      unservedCarriers.insert(carrier)
      return driver.settle(arrival, of: carrier, status: MESH_E_AGAIN)
    }
    guard let peer = try? core.peer(envelope.sender, isKnown: false) else { return later(carrier, arrival, now: now) }
    guard driver.permits(peer, envelope.name) else {
      counters.refused += 1
      return driver.settle(arrival, of: carrier, status: MESH_E_PERMISSION)
    }
    let message = CarriedMessage(
      reference: reference, peer: peer, trafficClass: envelope.trafficClass, key: envelope.key,
      lifetime: envelope.deadline - wallClock, body: envelope.body)
    deliveries[reference] = Delivery(
      arrivals: [Arrival(carrier: carrier, id: arrival)], deadline: envelope.deadline, lifetime: envelope.lifetime)
    switch server.carried(message) {
    case .taken: if let place = envelope.place { skip(place, from: envelope.sender, deadline: envelope.deadline) }
    case .later:
      deliveries[reference] = nil
      later(carrier, arrival, now: now)
    case .refused:
      deliveries[reference] = nil
      counters.refused += 1
      driver.settle(arrival, of: carrier, status: MESH_E_REFUSED)
    }
  }

  /// What is known of a message with this key of a peer that comes over a session.
  public func wasCarried(_ key: UnsafeRawBufferPointer, from peer: NodeID, name: String) -> CarriedBefore {
    guard key.count == Envelope.keyLength, !deliveries.isEmpty || window.remembers(peer) else { return .no }
    let id = Envelope.identity(for: core.identity.id, name: name, key: Array(key))
    if deliveries[CarriedReference(sender: peer, id: id)] != nil { return .isHeld }
    return window.contains(.init(kind: .taken, peer: peer, id: id)) ? .wasReleased : .no
  }

  private func later(_ carrier: Int, _ arrival: [UInt8], now: UInt64) {
    driver?.settle(arrival, of: carrier, status: MESH_E_AGAIN)
    retryAt[carrier] = min(retryAt[carrier] ?? .max, now + Self.retryInterval)
  }

  /// The application is done with a message: it is remembered, and its sender told.
  public func released(_ reference: CarriedReference) {
    guard let delivery = deliveries.removeValue(forKey: reference) else { return }
    counters.delivered += 1
    unsaved += window.insert(
      .init(kind: .taken, peer: reference.sender, id: reference.id), deadline: max(delivery.deadline, wallClock))
    settle(
      Settlement(arrivals: delivery.arrivals, receipt: (reference.sender, reference.id, delivery.lifetime)))
  }

  /// The application has gone without releasing it: the carrier keeps it for the next one.
  public func returned(_ reference: CarriedReference) {
    guard let delivery = deliveries.removeValue(forKey: reference) else { return }
    for arrival in delivery.arrivals {
      unservedCarriers.insert(arrival.carrier)
      driver?.settle(arrival.id, of: arrival.carrier, status: MESH_E_AGAIN)
    }
  }

  private var wallClock: UInt64 { driver?.wallClock ?? 0 }

  private func receipt(
    _ envelope: Envelope, _ carrier: Int, _ arrival: [UInt8], isKnown: Bool, now: UInt64
  ) {
    let deadline = min(max(envelope.deadline, wallClock), wallClock + Self.longest(isKnown))
    let length = min(envelope.body.count, 16 * EnvelopeWindow.peerLimit)
    for at in stride(from: 0, to: length - 15, by: 16) {
      let id = envelope.body[at..<(at + 16)].reduce(0 as Envelope.ID) { $0 << 8 | Envelope.ID($1) }
      confirmed(id, by: envelope.sender, deadline: deadline, isKnown: isKnown, now: now)
    }
    settle(Settlement(arrivals: [Arrival(carrier: carrier, id: arrival)], receipt: nil))
  }

  private func confirmed(_ id: Envelope.ID, by peer: NodeID, deadline: UInt64, isKnown: Bool, now: UInt64) {
    let entry = EnvelopeWindow.Entry(kind: .confirmed, peer: peer, id: id)
    guard !window.contains(entry) else { return }
    let token = Envelope.token(id)
    if let one = outgoing[token] {
      // A receipt counts only from the one whom the message was for.
      guard one.id == id, one.peer == peer else { return }
      counters.confirmed += 1
      if !one.isAtRecipient { driver?.cancelEnvelope(token, of: one.carrier) }
      end(token, .delivered, now: now)
    } else if let orphan = orphans.removeValue(forKey: token) {
      if !orphan.isAtRecipient { driver?.cancelEnvelope(token, of: orphan.carrier) }
    } else if !isKnown {
      // What a known peer confirms may be of an earlier life; a stranger may invent it.
      return
    }
    if window.hasRoom(for: peer, isKnown: isKnown) { unsaved += window.insert(entry, deadline: deadline) }
  }
}
