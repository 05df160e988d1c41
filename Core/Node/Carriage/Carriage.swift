// SPDX-License-Identifier: Apache-2.0

import CMeshABI
import MeshCrypto
import MeshSession
import MeshWire

/// Messages that travel with carriers: seals what is sent, opens what arrives, drops repetitions, and exchanges
/// receipts. It knows no socket, disk or clock.
///
/// A message is in the hands of a session or of a carrier, never of both. Its identity is remembered on disk before its
/// sender hears that it was delivered and before the carrier lets go of it.
public final class Carriage {
  /// A message of this node in the hands of a carrier.
  struct Outgoing {
    var id: Envelope.ID
    var peer: NodeID
    var carrier: Int
    var observer: (any CarriedMessageObserver)?
    var number: UInt64
    var isStored = false
    /// What goes back to waiting when the carrier cannot keep it.
    var fallback: WaitingCarriage?
    /// The carrier has said its last word: the recipient's node has it.
    var isAtRecipient = false
    /// Its sender has given it up: it does not come back.
    var isCancelled = false
  }

  unowned(unsafe) let core: NodeCore
  /// Who owns the carriers; sets this to nil before it goes.
  public unowned(unsafe) var driver: (any CarrierDriver)?
  /// What was taken and confirmed before.
  public internal(set) var window = EnvelopeWindow()
  let random: RandomBytes

  /// By token.
  var outgoing: [UInt64: Outgoing] = [:]
  /// When they expire, monotonic nanoseconds.
  var deadlines = DeadlineHeap()
  /// Envelopes that carriers keep for this node and of which nobody waits to hear, by token.
  var orphans: [UInt64: Orphan] = [:]
  var waiting: [WaitingCarriage] = []
  var waitingAt: UInt64 = .max
  /// What a carrier took last.
  var lastToken: UInt64 = 0
  /// Messages that a session had before.
  var handed: [HandedKey: Handed] = [:]
  /// Since when peers with a session have had no link.
  var linkless: [NodeID: UInt64] = [:]
  var linklessAt: UInt64 = .max
  /// Those of them of whose messages some were released since that was put on the disk.
  var unnoted: Set<NodeID> = []
  /// Copies that were read of conversations of which no link has been confirmed here.
  var skips: [NodeID: [SessionPlace]] = [:]
  /// Conversations that are over, the newest last.
  var ended: [NodeID: [EndedConversation]] = [:]
  /// Streams of such, of which applications still hold messages.
  var late: [LateStream.Key: LateStream] = [:]
  /// Nothing is handed over any more: the node stops.
  public var isStopping = false

  /// What an application has, with the carriers' names for it.
  var deliveries: [CarriedReference: Delivery] = [:]
  var retryAt: [Int: UInt64] = [:]
  var unservedCarriers: Set<Int> = []

  // Records of the window that are not on disk, and what waits for them.
  var unsaved: [UInt8] = []
  var unsavedSettlements: [Settlement] = []
  var savingSettlements: [Settlement]?
  var savingRecords: [UInt8] = []
  /// After an error of the disk nothing is written before this; 0 when there was none.
  var saveAt: UInt64 = 0

  var receipts: [NodeID: (waiting: [Receipt], lifetime: UInt64)] = [:]
  var receiptsAt: UInt64 = .max
  /// Receipts that no carrier has said to keep yet, by token.
  var receiptsUnderWay: [UInt64: (carrier: Int, peer: NodeID, receipts: [Receipt], lifetime: UInt64)] = [:]

  /// Figures since the start.
  public internal(set) var counters = Counters()

  /// What carriage has done.
  public struct Counters: Equatable, Sendable {
    /// Messages that carriers have taken.
    public var carried: UInt64 = 0
    /// Messages that an application here has released.
    public var delivered: UInt64 = 0
    /// Messages that came again.
    public var repeated: UInt64 = 0
    /// Receipts of messages of this node.
    public var confirmed: UInt64 = 0
    /// Envelopes that were not what they should be, or not allowed.
    public var refused: UInt64 = 0
  }

  init(core: NodeCore, random: RandomBytes) {
    self.core = core
    self.random = random
  }

  deinit { for one in late.values { one.carriage = nil } }

  /// Whether any carrier runs.
  public var isAvailable: Bool { !isStopping && driver?.carriers.isEmpty == false }

  /// Reads what was remembered before.
  public func load(window journal: UnsafeRawBufferPointer, now wallClock: UInt64) -> Int {
    window.load(journal, now: wallClock)
  }

  /// Gives a message to a carrier. With a key that was used before for this peer and protocol it is the same message.
  public func carry(
    _ message: OutgoingCarriage, observer: (any CarriedMessageObserver)?, number: UInt64, now: UInt64
  ) -> CarriageAnswer {
    guard let driver, message.deadline > now else { return .refused(MESH_E_EXPIRED) }
    let id: Envelope.ID
    if message.key.count == Envelope.keyLength {
      id = Envelope.identity(for: message.peer, name: message.name, key: message.key)
    } else {
      id = Envelope.ID(random.uint64()) << 64 | Envelope.ID(random.uint64())
    }
    let token = Envelope.token(id)
    if window.contains(.init(kind: .confirmed, peer: message.peer, id: id)) { return .delivered }
    if let known = outgoing[token], known.id == id { return join(token, observer, number) }
    if let orphan = orphans.removeValue(forKey: token) {
      note(token, id, message, orphan.carrier, observer, number)
      outgoing[token]?.isStored = true
      outgoing[token]?.isAtRecipient = orphan.isAtRecipient
      return join(token, observer, number)
    }
    let lifetime = max((message.deadline - now) / 1_000_000, 1)
    let envelope = Envelope(
      sender: core.identity.id, id: id, issued: driver.wallClock, lifetime: lifetime,
      trafficClass: message.trafficClass, key: message.key, name: message.name, body: message.body,
      place: message.place)
    let sealed: [UInt8]
    do throws(EnvelopeError) {
      sealed = try envelope.seal(for: message.peer, from: core.identity, random: random)
    } catch { return .refused(error == .tooLarge ? MESH_E_LIMIT : MESH_E_INVALID) }
    var code = MESH_E_UNREACHABLE
    for carrier in driver.carriers {
      code = driver.submit(
        sealed, for: message.peer, to: carrier, token: token, lifetime: lifetime, trafficClass: message.trafficClass)
      guard code == MESH_OK || code == MESH_E_EXISTS else { continue }
      note(token, id, message, carrier, observer, number)
      counters.carried += 1
      if code == MESH_E_EXISTS {
        outgoing[token]?.isStored = true
        return join(token, observer, number)
      }
      return .accepted
    }
    return .refused(code)
  }

  private func note(
    _ token: UInt64, _ id: Envelope.ID, _ message: OutgoingCarriage, _ carrier: Int,
    _ observer: (any CarriedMessageObserver)?, _ number: UInt64
  ) {
    outgoing[token] = Outgoing(
      id: id, peer: message.peer, carrier: carrier, observer: observer, number: number)
    deadlines.set(token, at: message.deadline)
    lastToken = token
    if let observer {
      let key = HandedKey(observer, number)
      if !handed.isEmpty, handed[key] != nil {
        handed[key]?.token = token
        handed[key]?.isWaiting = false
      }
    }
  }

  /// Somebody asks again for a message that is under way.
  private func join(_ token: UInt64, _ observer: (any CarriedMessageObserver)?, _ number: UInt64) -> CarriageAnswer {
    outgoing[token]?.observer = observer
    outgoing[token]?.number = number
    outgoing[token]?.isCancelled = false
    if outgoing[token]?.isStored == true { tell(observer, number, .stored) }
    return .accepted
  }

  /// Gives a message up that is in the hands of a carrier; its last word follows.
  public func cancel(observer: any CarriedMessageObserver, number: UInt64) -> Bool {
    for (token, one) in outgoing where one.number == number && one.observer === observer {
      outgoing[token]?.isCancelled = true
      driver?.cancelEnvelope(token, of: one.carrier)
      return true
    }
    return false
  }

  /// What a carrier says of an envelope of this node.
  public func reported(_ carrier: Int, token: UInt64, kind: UInt32, code: Int32, now: UInt64) {
    guard let one = outgoing[token], one.carrier == carrier else {
      guard let one = receiptsUnderWay.removeValue(forKey: token) else {
        return reportedOrphan(token, carrier, kind: kind)
      }
      if kind == MESH_CARRIER_REFUSED {
        sendAgain(one.receipts, to: one.peer, lifetime: one.lifetime, now: now)
      } else {
        for receipt in one.receipts { letGo(receipt) }
      }
      return
    }
    switch kind {
    case MESH_CARRIER_STORED:
      outgoing[token]?.isStored = true
      outgoing[token]?.fallback = nil
      tell(one.observer, one.number, .stored)
    case MESH_CARRIER_FORWARDED: tell(one.observer, one.number, .forwarded)
    case MESH_CARRIER_DELIVERED:
      // The node has it; its application has not said so yet.
      outgoing[token]?.isAtRecipient = true
      tell(one.observer, one.number, .forwarded)
    case MESH_CARRIER_EXPIRED: end(token, .expired, now: now)
    case MESH_CARRIER_REFUSED: end(token, one.isStored ? .refused(code) : .returned(code), now: now)
    default: break
    }
  }

  func end(_ token: UInt64, _ state: CarriedState, now: UInt64) {
    guard let one = outgoing.removeValue(forKey: token) else { return }
    deadlines.remove(token)
    if case .returned = state, one.isCancelled { return tell(one.observer, one.number, .refused(MESH_E_CANCELLED)) }
    if case .returned = state, let fallback = one.fallback, !isPassed(fallback) { return waitAgain(fallback, now: now) }
    tell(one.observer, one.number, state)
  }

  /// A carrier has gone: what it did not keep comes back.
  public func carrierStopped(_ carrier: Int, now: UInt64) {
    for (token, one) in outgoing where one.carrier == carrier && !one.isStored {
      end(token, .returned(MESH_E_STATE), now: now)
    }
    for (token, receipt) in receiptsUnderWay where receipt.carrier == carrier {
      receiptsUnderWay[token] = nil
      sendAgain(receipt.receipts, to: receipt.peer, lifetime: receipt.lifetime, now: now)
    }
    forgetArrivals(of: carrier)
    orphans = orphans.filter { $0.value.carrier != carrier }
    retryAt[carrier] = nil
    unservedCarriers.remove(carrier)
  }
}
