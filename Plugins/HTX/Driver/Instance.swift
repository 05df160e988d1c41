// SPDX-License-Identifier: Apache-2.0
import CMeshABI
import Glibc
import HTXHTTP3
import HTXLanes
import HTXQUIC
import HTXSite
import HTXTCP
import HTXTickets
import TransportDriver

/// One instance of the plugin: its listeners, its connections and what they share. Everything runs on the loop's thread.
final class Instance {
  /// Bytes that all connections together read or write in one turn: about half a millisecond of work.
  static let turnBytes = 1 << 20
  /// Bytes of all visitors together that are read in one turn: three bytes may be a field of a head, and a microsecond.
  static let visitorBytes = 32_768
  /// TLS handshakes that visitors may begin or go on with in one turn: each costs about half a millisecond.
  static let turnHandshakes = 2
  /// Bytes of the scratch space that reads end in.
  static let scratchBytes = 65_536

  let host: Host
  let settings: Settings
  let site: Site
  let ticketKeys: [TicketKey]
  /// Nil when the host has one credit for all lanes of a link.
  let streams: HostStreams?
  /// Of the settings, as each packet asks for it.
  let fillsSilence: Bool
  var credentials = Credentials()
  var gate: TicketGate

  var links: [UInt64: Connection] = [:]
  var slots: [Connection?] = []
  var generations: [UInt16] = []
  var freeSlots: [UInt32] = []
  var connections = 0
  var visitors: VisitorTable
  /// Those over QUIC whose handshake is not confirmed.
  var callers: VisitorTable
  /// Of their answers.
  let lent = LentBudget()
  /// Of those over QUIC, in ngtcp2.
  let memory = MemoryBudget()
  /// Those with a deadline.
  var timed: [Connection] = []
  /// Those that wait for buffers of the pool.
  var starved: [Connection] = []
  /// Those whose TLS session holds bytes that the socket no longer announces.
  var unread: [Connection] = []
  /// With which of them the last turn began.
  var unreadFirst = 0
  /// Those that have something to write or to give back at the end of the call.
  var touched: [Connection] = []
  /// The address that was dialled last.
  var dialled = DialledAddress()
  /// Links that are dialled and have no ticket yet.
  var ticketless: [Connection] = []
  /// Links that are dialled and are not up.
  var dials = 0
  /// Batches of them that the host's pool has.
  var ticketBatches = 0
  /// Those over QUIC that have shown one, and whose part of the channel binding is not made.
  var unbound: [QUICDial.Attempt] = []
  /// Links that a ticket has opened of which the host does not know yet, while `isSettling` and until answers have gone.
  var rising: [Connection] = []
  var isSettling = false
  /// What has ended in a call of the host, and is freed when what is due has been sent.
  var departed: [(Connection, HTTP3Connection?)] = []
  /// Links that a ticket has opened, and whose pages are not answered.
  var late: [Connection] = []
  /// When they are.
  var lateAt: UInt64 = .max
  /// Used tickets on their way to the disk.
  var records = RecordQueue()
  var listeners: [UInt64: Listener] = [:]
  var listenerSlots: [UInt32: Listener] = [:]
  var nextListenerSlot: UInt32 = 0
  /// UDP sockets of listeners, and those that are dialled from.
  var ports: [UInt32: Port] = [:] { didSet { portList = ports.values.map { .passUnretained($0) } } }
  /// The same without a count, to be gone through with every call of the host.
  private(set) var portList: [Unmanaged<Port>] = []
  var nextPortSlot: UInt32 = 0
  var turnClock = TurnClock()
  /// Sites that are dialled over TCP at once.
  var withoutQUIC = WithoutQUIC()
  /// When listeners that ran out of descriptors try again.
  var resumeAccepting: UInt64 = MESH_DEADLINE_NONE
  /// Before that no further lack of means is told.
  var nextLack: UInt64 = 0
  let offloaded = OffloadedWork()
  /// Links that are dialled once the certificates to trust are read.
  var waitingForAuthorities: [UInt64] = []

  let scratch = UnsafeMutableRawPointer.allocate(byteCount: Instance.scratchBytes, alignment: 64)
  var arrived = Batch()
  var completed = Batch()
  var small = BufferCache(capacity: 2048, refill: 32)
  var large = BufferCache(capacity: 65_536, refill: 4)
  var budget = 0
  var visitorBudget = 0
  var handshakes = 0
  /// Links that have come up.
  var opened: UInt64 = 0

  var isStarted = false
  /// Tickets that came while the memory of used ones was read again, with who presented them.
  var unjudged: [(connection: UInt64, candidates: [String])] = []
  var isStopping = false
  var stopDeadline: UInt64 = MESH_DEADLINE_NONE
  var hasStopped = false
  var inReady = false
  var announcedDeadline: UInt64 = MESH_DEADLINE_NONE
  var figures = Figures()
  var random = BufferedRandom()
  var visits = PageVisits()
  /// Where pages may be read over QUIC.
  var alternatives = AlternativeServices()
  /// What visitors are told, as an origin's are.
  var calibrated = Calibrated()
  /// When QUIC is tried again beside the first link over TCP.
  var returnNext: UInt64 = .max
  /// When the first silent link is due.
  var coverNext: UInt64 = .max

  init(host: Host, settings: Settings, site: Site, ticketKeys: [TicketKey]) {
    self.host = host
    self.settings = settings
    self.site = site
    self.ticketKeys = ticketKeys
    streams = HostStreams(host)
    fillsSilence = settings.cover.fillsSilence
    visitors = VisitorTable(limit: settings.maximumVisitors, limitOfNetwork: settings.maximumOfNetwork)
    callers = VisitorTable(limit: settings.maximumVisitors, limitOfNetwork: settings.maximumOfNetwork)
    gate = TicketGate(keys: ticketKeys, limits: settings.limits)
  }

  deinit {
    for connection in slots { if let connection, connection.descriptor >= 0 { close(connection.descriptor) } }
    scratch.deallocate()
    arrived.deallocate()
    completed.deallocate()
    small.deallocate()
    large.deallocate()
  }

  /// Links that are up over QUIC.
  var linksOverQUIC: Int { links.values.reduce(0) { $0 + ($1.isOverQUIC && $1.wasUp ? 1 : 0) } }

  /// Seconds since 1970.
  static func wallClock() -> Int64 { Int64(time(nil)) }

  func report(_ kind: UInt32, link: UInt64 = 0, listener: UInt64 = 0, _ failure: Failure? = nil, text: String = "") {
    var sentence = failure?.sentence ?? text
    sentence.withUTF8 { bytes in
      var event = mesh_link_event()
      event.kind = kind
      event.link = link
      event.listener = listener
      event.code = failure?.code ?? MESH_OK
      event.fclass = failure?.category ?? MESH_CLASS_NONE
      event.data.ptr = UnsafeRawPointer(bytes.baseAddress)
      event.data_len = UInt32(min(bytes.count, Int(MESH_EVENT_PAYLOAD_MAX)))
      host.event(&event)
    }
  }

  /// A connection in a slot of its own.
  func makeConnection(isServer: Bool, phase: Connection.Phase) -> Connection {
    let slot: UInt32
    if let free = freeSlots.popLast() {
      slot = free
    } else {
      slot = UInt32(slots.count)
      slots.append(nil)
      generations.append(0)
    }
    generations[Int(slot)] &+= 1
    let connection = Connection(
      self, slot: slot, generation: generations[Int(slot)], isServer: isServer, phase: phase)
    slots[Int(slot)] = connection
    connections += 1
    return connection
  }

  func forget(_ connection: Connection) {
    if connection.isDial { dials -= 1 }
    dropOrder(connection)
    setDeadline(connection, MESH_DEADLINE_NONE)
    slots[Int(connection.slot)] = nil
    visitors.leave(connection.slot)
    callers.leave(connection.slot)
    if connection.link != 0 { links[connection.link] = nil }
    freeSlots.append(connection.slot)
    starved.removeAll { $0 === connection }
    unread.removeAll { $0 === connection }
    connections -= 1
  }

  func connection(_ token: Token) -> Connection? {
    guard Int(token.slot) < slots.count, generations[Int(token.slot)] == token.generation else { return nil }
    return slots[Int(token.slot)]
  }

  func setMask(_ connection: Connection, _ mask: UInt32) {
    guard connection.mask != mask, connection.descriptor >= 0 else { return }
    connection.mask = mask
    if !host.watch(connection.descriptor, mask, connection.token()) {
      end(connection, Failure(MESH_E_LIMIT, MESH_CLASS_RESOURCE, "the host cannot watch the descriptor"))
    }
  }

  func setDeadline(_ connection: Connection, _ deadline: UInt64) {
    connection.deadline = deadline
    if deadline == MESH_DEADLINE_NONE {
      guard connection.timedIndex >= 0, let last = timed.last else { return }
      timed[connection.timedIndex] = last
      last.timedIndex = connection.timedIndex
      timed.removeLast()
      connection.timedIndex = -1
    } else if connection.timedIndex < 0 {
      connection.timedIndex = timed.count
      timed.append(connection)
    }
  }

  /// Marks a connection for `finishCall`.
  func touch(_ connection: Connection) {
    guard !connection.isTouched else { return }
    connection.isTouched = true
    touched.append(connection)
  }
}
