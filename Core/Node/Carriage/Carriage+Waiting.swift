// SPDX-License-Identifier: Apache-2.0

import CMeshABI
import MeshMultiplexer
import MeshSession
import MeshWire

/// A message that waits to see whether a link comes.
struct WaitingCarriage {
  var message: OutgoingCarriage
  var since: UInt64
  /// After a refusal no carrier is asked before this.
  var notBefore: UInt64 = 0
  var number: UInt64
  var reportsSent: Bool
  var isOrdered: Bool
  var handler: any StreamHandler & CarriedMessageObserver
}

extension Carriage {
  /// How long a message waits for a link before a carrier gets it, nanoseconds; or a quarter of its lifetime.
  public static let patience: UInt64 = 5_000_000_000
  /// A carrier that had no room is asked again after this, nanoseconds.
  public static let pause: UInt64 = 1_000_000_000
  private static let interval: UInt64 = 50_000_000

  /// Whether a message of limited lifetime to this peer is better kept for a carrier than given to a session.
  public func isWanted(for peer: NodeID) -> Bool {
    // Links first: nearly always there are some, and nothing is asked of plugins.
    core.peers[peer]?.links.isEmpty != false && isAvailable
  }

  /// Whether a message with this key is in the hands of a carrier, or was confirmed: then `carry` is to be asked, also
  /// when there is a link.
  public func isKnown(_ key: UnsafeRawBufferPointer, for peer: NodeID, name: String) -> Bool {
    guard key.count == Envelope.keyLength, !outgoing.isEmpty || !orphans.isEmpty || window.remembers(peer) else {
      return false
    }
    let id = Envelope.identity(for: peer, name: name, key: Array(key))
    let token = Envelope.token(id)
    return outgoing[token]?.id == id || orphans[token] != nil
      || window.contains(.init(kind: .confirmed, peer: peer, id: id))
  }

  /// Whether no link has come in time.
  public func isDue(_ peer: NodeID, since: UInt64, deadline: UInt64, now: UInt64) -> Bool {
    guard isWanted(for: peer) else { return false }
    let lifetime = deadline > since ? deadline - since : 0
    return core.peers[peer]?.isUnreachable == true || now >= since + min(Self.patience, lifetime / 4)
  }

  /// Keeps a message until a link or a carrier takes it; `handler` hears from either.
  public func wait(
    _ message: OutgoingCarriage, number: UInt64, reportsSent: Bool, isOrdered: Bool,
    handler: any StreamHandler & CarriedMessageObserver, since: UInt64? = nil, now: UInt64
  ) {
    waiting.append(
      WaitingCarriage(
        message: message, since: since ?? now, number: number, reportsSent: reportsSent, isOrdered: isOrdered,
        handler: handler))
    waitingAt = now
  }

  func lookAfterWaiting(now: UInt64) {
    let all = waiting
    waiting = []
    for var one in all {
      if !settled(&one, now: now) { waiting.append(one) }
    }
    waitingAt = waiting.isEmpty ? .max : now + Self.interval
  }

  /// Whether it is somebody else's now, or has come to its end.
  private func settled(_ one: inout WaitingCarriage, now: UInt64) -> Bool {
    let message = one.message
    let handed = message.place == nil ? nil : self.handed[HandedKey(one.handler, one.number)]
    // The session has delivered it, or has told that its time is over.
    if message.place != nil, handed == nil { return true }
    guard message.deadline > now else {
      tell(one.handler, one.number, .expired)
      return true
    }
    let isKnown = message.key.withUnsafeBytes { self.isKnown($0, for: message.peer, name: message.name) }
    if handed == nil, !isKnown, core.peers[message.peer]?.links.isEmpty == false { return gaveToSession(one, now: now) }
    // What a session has begun and given up cannot go into another one: its reader could not tell the two apart.
    let isCarriers = isKnown || handed?.isInSession == false && isAvailable
    guard one.notBefore <= now,
      isCarriers || isDue(message.peer, since: one.since, deadline: message.deadline, now: now)
    else { return false }
    switch carry(message, observer: one.handler, number: one.number, now: now) {
    case .accepted:
      keepFallback(one)
      return true
    case .delivered:
      tell(one.handler, one.number, .delivered)
      return true
    case .refused:
      one.notBefore = now + Self.pause
      return false
    }
  }

  /// Until the carrier says that it keeps the message.
  private func keepFallback(_ waiting: WaitingCarriage) {
    guard let one = outgoing[lastToken], !one.isStored else { return }
    outgoing[lastToken]?.fallback = waiting
  }

  /// The carrier could not keep it.
  func waitAgain(_ one: WaitingCarriage, now: UInt64) {
    var one = one
    one.since = now
    handed[HandedKey(one.handler, one.number)]?.token = nil
    handed[HandedKey(one.handler, one.number)]?.isWaiting = true
    one.notBefore = now + Self.pause
    waiting.append(one)
    waitingAt = min(waitingAt, now + Self.interval)
  }

  private func gaveToSession(_ one: WaitingCarriage, now: UInt64) -> Bool {
    let message = one.message
    let options = MessageOptions(
      idempotencyKey: message.key.isEmpty ? nil : message.key, lifetime: message.deadline - now, token: one.number,
      reportsSent: one.reportsSent, isOrdered: one.isOrdered, mayBeHandedOver: true)
    do throws(NodeError) {
      try message.body.withUnsafeBufferPointer { (bytes) throws(NodeError) in
        try core.send(
          UnsafeRawBufferPointer(bytes), to: message.peer, protocol: message.name, trafficClass: message.trafficClass,
          options: options,
          handler: one.handler, now: now)
      }
      return true
    } catch {
      switch error {
      case .refused(.again), .refused(.streamLimit), .sessionLimit: return false
      default:
        one.handler.carried(one.number, .refused(MESH_E_REFUSED))
        return true
      }
    }
  }
}
