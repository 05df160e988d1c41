// SPDX-License-Identifier: Apache-2.0

import MeshWire

/// Everything two nodes have with each other, over any number of links.
///
/// Each link has keys of its own (a Noise XK handshake bound to that link's channel); the session is what they carry
/// together. A frame that a dying link still owed is handed back to the layer above and leaves on another link.
public final class Session {
  /// The other node.
  public let peer: NodeID
  /// The layer above.
  public let frames: any FrameLayer
  /// Confirmed links, oldest first.
  public internal(set) var links: [SecureLink] = [] { didSet { isAwake = false } }
  /// Our number for this conversation; told in handshakes. It grows from each session with the peer to the next.
  public internal(set) var conversation: UInt64
  /// The peer's, 0 until a handshake is confirmed.
  public internal(set) var peerConversation: UInt64 = 0
  /// When the last packet with content went either way.
  public internal(set) var lastActivity: UInt64
  /// When something last moved from one link to another, and how much.
  public internal(set) var migrations: UInt64 = 0
  /// Frames handed back from links that died or became suspect.
  public internal(set) var requeuedFrames: UInt64 = 0

  /// The link chosen for each class, 0 where nobody has chosen.
  var routes = [UInt64](repeating: 0, count: TrafficClass.count)
  var records = FrameRecordList()
  /// Owns the session and goes last; a checked reference would cost two atomic operations an access.
  unowned(unsafe) let endpoint: SessionEndpoint
  /// Names it in the queue of timers.
  let serial: UInt64
  var hasMetPeer = false
  /// All of its links are among those that the driver is told next: most calls of `wantsToSend` come after the first.
  var isAwake = false
  var isClosed = false
  /// When its entry in the timer queue is due, and the one after that.
  var scheduledAt: UInt64 = .max
  var scheduledNext: UInt64 = .max

  init(
    peer: NodeID, conversation: UInt64, serial: UInt64, frames: any FrameLayer, endpoint: SessionEndpoint, now: UInt64
  ) {
    self.peer = peer
    self.conversation = conversation
    self.serial = serial
    self.frames = frames
    self.endpoint = endpoint
    lastActivity = now
  }

  /// Chooses the link for a class. Without a choice, or while the chosen link is not usable, the newest usable link
  /// carries it.
  public func route(_ trafficClass: TrafficClass, over link: UInt64) {
    routes[Int(trafficClass.rawValue)] = link
    wantsToSend()
  }

  /// The link that would carry a class now, or nil when none is usable.
  public func link(for trafficClass: TrafficClass) -> SecureLink? {
    let chosen = routes[Int(trafficClass.rawValue)]
    var fallback: SecureLink?
    for link in links where link.isUsable {
      if link.id == chosen { return link }
      fallback = link
    }
    return fallback
  }

  /// The layer above has something new to send.
  public func wantsToSend() {
    guard !isAwake else { return }
    isAwake = true
    for link in links { endpoint.markDirty(link) }
  }

  /// The classes that `link` carries now: what `link(for:)` says for each, found in one pass, for every packet asks.
  func classes(of link: SecureLink) -> ClassSet {
    guard link.isUsable else { return ClassSet() }
    if links.count == 1 { return links[0] === link ? .all : ClassSet() }
    var chosen: UInt8 = 0
    var own: UInt8 = 0
    var newest: UInt64 = 0
    var isKnown = false
    for other in links where other.isUsable {
      newest = other.id
      if other === link { isKnown = true }
      for index in 0..<TrafficClass.count where routes[index] == other.id {
        chosen |= 1 << UInt8(index)
        if other === link { own |= 1 << UInt8(index) }
      }
    }
    if newest == link.id { own |= ClassSet.all.rawValue & ~chosen }
    return isKnown ? ClassSet(rawValue: own) : ClassSet()
  }

  /// Hands what is in flight on an association back to the layer above.
  func requeue(_ association: Association, now: UInt64) {
    var count: UInt64 = 0
    association.abandon { record in
      guard record.kind >= SessionFrame.upperLayer else { return }
      count += 1
      frames.lost(record, now: now)
    }
    if count > 0 {
      requeuedFrames += count
      migrations += 1
    }
  }
}
