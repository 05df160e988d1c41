// SPDX-License-Identifier: Apache-2.0
import CApplication
import CMeshABI
import MeshEventLoop
import MeshMultiplexer
import MeshNode
import MeshObserve
import MeshSession
import MeshWire

/// Messages of one application to one peer, of one protocol and class. It has streams of its own, so that what is
/// confirmed on them is this application's and nobody else's.
final class PortFlow: StreamHandler {
  /// A message that was accepted and whose fate is not known.
  struct Entry {
    var id: UInt64
    var token: UInt64
    var acceptedAt: UInt64
    var cost: UInt32
    var flags: UInt32
    var isSettled = false
  }

  let number: UInt64
  let node: Node
  let patience: FlowPatience
  /// Nil once the port is closed.
  var port: ApplicationPort?
  /// Nil for a number that named no peer.
  let peer: NodeID?
  let name: String
  let trafficClass: TrafficClass
  /// Streams in use: one, or several when messages need not wait for each other.
  var lanes: [Lane]
  var nextLane = 0
  var entries = SlidingQueue<Entry>()
  /// Accepted messages that no stream takes now.
  var pending = SlidingQueue<PendingMessage>()
  /// After a refusal no carrier is asked before this.
  var carrierPause: UInt64 = 0
  /// Messages in the hands of a carrier, whose bodies are kept until the carrier says that it keeps them.
  var carrying: [UInt64: PendingMessage] = [:]
  var lastID: UInt64 = 0

  // Sums of costs since the flow was declared.
  private var accepted: UInt64 = 0
  private var confirmed: UInt64 = 0
  private var told: UInt64 = 0
  private var isToTell = false

  struct Lane {
    var multiplexer: Multiplexer
    var stream: StreamReference
  }

  static let unorderedLanes = 4

  init(
    _ port: ApplicationPort, number: UInt64, peer: NodeID?, name: String, trafficClass: TrafficClass, isOrdered: Bool
  ) {
    self.port = port
    node = port.node
    patience = port.patience
    self.number = number
    self.peer = peer
    self.name = name
    self.trafficClass = trafficClass
    lanes = []
    laneCount = isOrdered ? 1 : Self.unorderedLanes
  }

  let laneCount: Int

  /// Takes a message, now or when there is room for it.
  func accept(_ command: ApplicationCommand, now: UInt64) throws(ApplicationFault) {
    let header = command.header
    let cost = command.cost
    guard header.id > lastID, header.id < 1 << 62 else { throw ApplicationFault("message numbers do not rise") }
    guard accepted == told || accepted - told + cost <= UInt64(APP_WINDOW) else {
      throw ApplicationFault("more than the credit of flow \(number)")
    }
    lastID = header.id
    accepted += cost
    if command.has(APP_FLAG_UNRELIABLE) { return try acceptUnreliable(command) }
    entries.append(
      Entry(
        id: header.id, token: header.token, acceptedAt: now, cost: UInt32(truncatingIfNeeded: cost),
        flags: header.flags))
    guard pending.isEmpty else { return wait(command, now: now) }
    if header.lifetime_ms > 0, mayBeCarried(header.lifetime_ms, command.key) {
      wait(command, now: now)
      if let peer { node.core.want(peer, now: now) }
      return drain()
    }
    switch pass(
      command.data, key: command.key, lifetime: header.lifetime_ms, id: header.id,
      reportsSent: command.has(APP_FLAG_TELL_SENT), isRepetition: command.has(APP_FLAG_REPEATED), now: now)
    {
    case .taken: break
    case .later: wait(command, now: now)
    case .never(let code): settle(header.id, code: code)
    }
  }

  private func acceptUnreliable(_ command: ApplicationCommand) throws(ApplicationFault) {
    guard command.data.count <= MESH_DATAGRAM_MAX else { throw ApplicationFault("an unreliable message too large") }
    let code = passUnreliable(command.data)
    if code != MESH_OK { node.metrics.datagramsRefused.add() }
    if command.has(APP_FLAG_TELL_SENT) || (code != MESH_OK && command.has(APP_FLAG_TELL_SETTLED)) {
      let kind = code == MESH_OK ? MESH_ON_SENT : MESH_ON_SETTLED
      port?.tell(
        application_event(kind, id: command.header.id, token: command.header.token, code: code, value: number))
    }
    confirm(command.cost)
  }

  // MARK: fates

  /// Counts a cost as done with; the application is told at the end of the turn.
  func confirm(_ cost: UInt64) {
    confirmed += cost
    guard !isToTell, let port else { return }
    isToTell = true
    port.flowsToTell.append(self)
    port.wantCreditTold()
  }

  /// Tells what became of a message, once.
  func settle(_ id: UInt64, code: Int32) {
    guard let index = index(of: id), !entries[index].isSettled else { return }
    let entry = entries[index]
    let isNext = index == 0
    if isNext {
      entries.popFirst()
      while let next = entries.first, next.isSettled { entries.popFirst() }
    } else {
      entries[index].isSettled = true
    }
    if code != MESH_OK || entry.flags & APP_FLAG_TELL_SETTLED != 0 || (!isNext && entry.flags & APP_FLAG_KEPT != 0) {
      port?.tell(application_event(MESH_ON_SETTLED, id: id, token: entry.token, code: code, value: number))
    }
    count(entry, code)
    confirm(UInt64(entry.cost))
  }

  private func count(_ entry: Entry, _ code: Int32) {
    switch code {
    case MESH_OK:
      node.metrics.messagesSent.add()
      node.metrics.delivery.record(node.loop.now - entry.acceptedAt)
    case MESH_E_EXPIRED: node.metrics.messagesExpired.add()
    // Given up for a newer one, which the core counts.
    case MESH_E_LIMIT: break
    default: node.metrics.messagesRefused.add()
    }
  }

  /// Where a message stands: nearly always first, for they are confirmed in order.
  func index(of id: UInt64) -> Int? {
    var low = 0
    var high = entries.count
    if high > 0, entries[0].id == id { return 0 }
    while low < high {
      let middle = (low + high) / 2
      if entries[middle].id < id { low = middle + 1 } else { high = middle }
    }
    return low < entries.count && entries[low].id == id ? low : nil
  }

  // MARK: credit

  var creditEvent: application_event {
    let settled = entries.isEmpty ? lastID : entries[0].id - 1
    return application_event(APP_ON_CREDIT, id: number, token: settled, value: confirmed)
  }

  func creditTold() {
    isToTell = false
    told = confirmed
  }

  // MARK: what the multiplexer tells

  override func sent(token: UInt64, on stream: StreamReference, of multiplexer: Multiplexer) { tellSent(token) }

  func tellSent(_ token: UInt64) {
    guard let index = index(of: token), !entries[index].isSettled else { return }
    // Once, though a session and a carrier may both have it.
    entries[index].flags &= ~APP_FLAG_TELL_SENT
    port?.tell(application_event(MESH_ON_SENT, id: token, token: entries[index].token))
  }

  override func settled(
    token: UInt64, _ outcome: MessageOutcome, on stream: StreamReference, of multiplexer: Multiplexer
  ) {
    switch outcome {
    case .delivered: settle(token, code: MESH_OK)
    case .expired: settle(token, code: MESH_E_EXPIRED)
    case .refused(let code): settle(token, code: StreamFate(code).code)
    case .dropped: settle(token, code: MESH_E_LIMIT)
    }
  }

  override var takesUncertain: Bool { node.core.carriage.isAvailable }

  override func uncertain(_ messages: [HandedMessage], of multiplexer: Multiplexer) {
    node.core.carriage.uncertain(messages, of: multiplexer)
  }

  override func settled(
    handed token: UInt64, _ outcome: MessageOutcome, on stream: StreamReference, of multiplexer: Multiplexer
  ) {
    guard node.core.carriage.sessionSettled(self, token, outcome) else { return }
    settled(token: token, outcome, on: stream, of: multiplexer)
  }

  override func writable(_ stream: StreamReference, of multiplexer: Multiplexer) { drain() }

  override func stopped(_ stream: StreamReference, code: UInt64, of multiplexer: Multiplexer) { forget(stream) }

  override func ended(_ stream: StreamReference, code: UInt64?, of multiplexer: Multiplexer) { forget(stream) }

  private func forget(_ stream: StreamReference) { lanes.removeAll { $0.stream == stream } }
}
