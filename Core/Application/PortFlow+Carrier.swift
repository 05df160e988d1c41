// SPDX-License-Identifier: Apache-2.0
import CApplication
import CMeshABI
import MeshEventLoop
import MeshMultiplexer
import MeshNode
import MeshWire

/// Messages of limited lifetime for which no link comes in time: a carrier gets them.
extension PortFlow: CarriedMessageObserver {
  /// Whether a message is to wait for a link or a carrier instead of going into a session that has no link.
  func mayBeCarried(_ lifetime: UInt64, _ key: UnsafeRawBufferPointer) -> Bool {
    guard lifetime > 0, lifetime < Self.endlessLifetime, let peer else { return false }
    return node.core.carriage.isWanted(for: peer) || node.core.carriage.isKnown(key, for: peer, name: name)
  }

  /// What becomes of the first of the waiting messages: nil when it is the session's to take.
  func offerToCarrier(_ message: PendingMessage, now: UInt64) -> Passage? {
    let carriage = node.core.carriage
    guard message.deadline != .max, let peer else { return nil }
    let isKnown = message.key.withUnsafeBytes { carriage.isKnown($0, for: peer, name: name) }
    guard isKnown || carriage.isWanted(for: peer) else { return nil }
    guard isKnown || carriage.isDue(peer, since: message.since, deadline: message.deadline, now: now) else {
      return .later
    }
    guard now >= carrierPause else { return .later }
    let outgoing = OutgoingCarriage(
      peer: peer, name: name, trafficClass: trafficClass, key: message.key, body: message.body,
      deadline: message.deadline)
    // Before the call: it may be told at once that the carrier keeps it.
    carrying[message.id] = message
    switch carriage.carry(outgoing, observer: self, number: message.id, now: now) {
    case .accepted: return .taken
    case .delivered:
      carrying[message.id] = nil
      settle(message.id, code: MESH_OK)
      return .taken
    case .refused:
      carrying[message.id] = nil
      carrierPause = now + Carriage.pause
      return .later
    }
  }

  /// The session had it in its queue, and no link has come in time.
  func tookBack(_ number: UInt64, _ message: OutgoingCarriage) -> Bool {
    guard let index = index(of: number), !entries[index].isSettled else { return true }
    pending.append(
      PendingMessage(
        id: number, key: message.key, body: message.body, deadline: message.deadline,
        reportsSent: entries[index].flags & APP_FLAG_TELL_SENT != 0, since: 0))
    patience.watch(self)
    return true
  }

  func carried(_ number: UInt64, _ state: CarriedState) {
    switch state {
    case .stored:
      carrying[number]?.body = []
      tellStored(number)
    case .forwarded: tellForwarded(number)
    case .delivered: end(number, code: MESH_OK)
    case .expired: end(number, code: MESH_E_EXPIRED)
    case .refused(let code): end(number, code: code == MESH_OK ? MESH_E_REFUSED : code)
    case .returned:
      guard var message = carrying.removeValue(forKey: number) else { return }
      message.since = node.loop.now
      carrierPause = node.loop.now + Carriage.pause
      pending.append(message)
      patience.watch(self)
    }
    node.wantTurn()
  }

  private func end(_ number: UInt64, code: Int32) {
    carrying[number] = nil
    settle(number, code: code)
    if pending.isEmpty, carrying.isEmpty, port == nil { finishLanes() }
  }

  /// Told once, though a session may have it too.
  private func tellStored(_ number: UInt64) {
    guard let index = index(of: number), entries[index].flags & APP_FLAG_TELL_STORED != 0,
      !entries[index].isSettled
    else { return }
    entries[index].flags &= ~APP_FLAG_TELL_STORED
    port?.tell(application_event(MESH_ON_STORED, id: number, token: entries[index].token))
  }

  /// Another node keeps it: it has left this one. Told once.
  private func tellForwarded(_ number: UInt64) {
    carrying[number]?.reportsSent = false
    if let index = index(of: number), entries[index].flags & APP_FLAG_TELL_SENT != 0 { tellSent(number) }
  }
}
