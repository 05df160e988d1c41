// SPDX-License-Identifier: Apache-2.0

import MeshMultiplexer
import MeshSession
import MeshTransportManager
import MeshWire

/// Messages that went into a session whose links are gone. What has not left is taken back; of what has begun to leave
/// a copy goes to the carrier and the session keeps its own, and whichever comes first is the one that is read.
extension Carriage {
  /// Names a message that was handed over.
  struct HandedKey: Hashable {
    let observer: ObjectIdentifier
    let number: UInt64

    init(_ observer: AnyObject, _ number: UInt64) {
      self.observer = ObjectIdentifier(observer)
      self.number = number
    }
  }

  /// A message of which a copy is to travel with a carrier.
  struct Handed {
    /// The session may still deliver it.
    var isInSession: Bool
    /// No carrier has taken it yet.
    var isWaiting = true
    /// The carrier's name for it.
    var token: UInt64?
    /// The session's reader has gone past it.
    var isPassed = false
  }

  private static let linklessInterval: UInt64 = 1_000_000_000
  /// While nothing waits in those sessions.
  private static let idleInterval: UInt64 = 30_000_000_000

  /// The last link to a peer is gone, or its session has none yet.
  func linksLost(_ peer: Peer, now: UInt64) {
    guard linkless[peer.id] == nil else { return }
    linkless[peer.id] = now
    linklessAt = min(linklessAt, now)
    noteReading(of: peer)
    // What is released without a link reaches nobody: the disk has to know.
    peer.multiplexer?.onRelease = { [unowned self, id = peer.id] in unnoted.insert(id) }
  }

  /// A link leads to the peer again, and confirmations with it.
  func linkConfirmed(_ peer: Peer) {
    linkless[peer.id] = nil
    peer.multiplexer?.onRelease = nil
  }

  /// Looks for peers without a link for which a carrier is due now.
  func lookAfterLinkless(now: UInt64) {
    var next = now + Self.idleInterval
    for (id, since) in linkless {
      guard let peer = core.peers[id], peer.links.isEmpty, let multiplexer = peer.multiplexer else {
        linkless[id] = nil
        continue
      }
      if multiplexer.isIdle { continue }
      next = now + Self.linklessInterval
      guard isAvailable else { continue }
      handOver(peer, since: since, isInSession: true, now: now) {
        self.isDue(id, since: since, deadline: $0, now: now)
      }
    }
    linklessAt = linkless.isEmpty ? .max : next
  }

  /// The session will not send any more: what has a lifetime goes to a carrier, the rest is refused.
  func sessionEnding(_ session: Session, now: UInt64) {
    keepReading(of: session)
    linkless[session.peer] = nil
    guard let peer = core.peers[session.peer], peer.session === session, isAvailable, peer.isKnown else { return }
    handOver(peer, since: now, isInSession: false, now: now) { _ in true }
  }

  private func handOver(
    _ peer: Peer, since: UInt64, isInSession: Bool, now: UInt64, where isDue: (_ deadline: UInt64) -> Bool
  ) {
    guard let multiplexer = peer.multiplexer else { return }
    carry(multiplexer.handOver(where: isDue), of: peer, since: since, isInSession: isInSession, now: now)
  }

  /// Messages that may have been delivered before a restart, of a stream that the peer does not take.
  public func uncertain(_ messages: [HandedMessage], of multiplexer: Multiplexer) {
    guard let peer = core.peersByHandle[PeerHandle(rawValue: multiplexer.tag)], peer.multiplexer === multiplexer else {
      return
    }
    carry(messages, of: peer, since: core.now, isInSession: false, now: core.now)
  }

  private func carry(_ messages: [HandedMessage], of peer: Peer, since: UInt64, isInSession: Bool, now: UInt64) {
    guard let session = peer.session else { return }
    let conversation = SessionPlace.Conversation(sender: session.conversation, recipient: session.peerConversation)
    for one in messages {
      guard let handler = one.handler as? any StreamHandler & CarriedMessageObserver else { continue }
      let message = OutgoingCarriage(
        peer: peer.id, name: one.name, trafficClass: one.trafficClass, key: one.message.key, body: one.message.body,
        deadline: one.message.deadline, place: one.place.map { SessionPlace(conversation: conversation, message: $0) })
      if one.place != nil {
        handed[HandedKey(handler, one.token)] = Handed(isInSession: isInSession)
      } else if handler.tookBack(one.token, message) {
        continue
      }
      wait(message, number: one.token, reportsSent: true, isOrdered: true, handler: handler, since: since, now: now)
    }
  }

  /// Whether a session's word on a message that was handed over is the one to be told.
  public func sessionSettled(
    _ observer: any CarriedMessageObserver, _ number: UInt64, _ outcome: MessageOutcome
  ) -> Bool {
    let key = HandedKey(observer, number)
    guard let one = handed[key] else { return false }
    if case .refused = outcome, one.isWaiting || one.token != nil {
      handed[key]?.isInSession = false
      return false
    }
    if outcome == .delivered, one.token != nil {
      // Its reader may have gone past it because the application has the copy: the receipt tells when it is done.
      handed[key]?.isInSession = false
      handed[key]?.isPassed = true
      return false
    }
    handed[key] = nil
    if let token = one.token, let carried = outgoing.removeValue(forKey: token) {
      deadlines.remove(token)
      if !carried.isAtRecipient { driver?.cancelEnvelope(token, of: carried.carrier) }
    }
    return true
  }

  func isPassed(_ one: WaitingCarriage) -> Bool { handed[HandedKey(one.handler, one.number)]?.isPassed == true }

  /// Tells the observer what a carrier has said, unless the session may still say otherwise.
  func tell(_ observer: (any CarriedMessageObserver)?, _ number: UInt64, _ state: CarriedState) {
    guard let observer else { return }
    switch state {
    case .stored, .forwarded: break
    case .delivered, .expired: handed[HandedKey(observer, number)] = nil
    case .returned, .refused:
      let key = HandedKey(observer, number)
      if handed[key]?.isPassed == true {
        handed[key] = nil
        return observer.carried(number, .delivered)
      }
      if handed[key]?.isInSession == true {
        handed[key]?.token = nil
        return
      }
      handed[key] = nil
    }
    observer.carried(number, state)
  }
}
