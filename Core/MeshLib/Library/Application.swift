// SPDX-License-Identifier: Apache-2.0
import CApplication
import CLibrary
import CMeshABI
import MeshControl
import MeshCrypto
import MeshEventLoop
import Synchronization

/// What stands behind a handle: what the application has declared and has under way. Calls hold the handle's lock.
final class Application: @unchecked Sendable {
  let home: Home
  let commands: RecordQueue
  let events: RecordQueue
  let notices: RecordQueue
  let writer: EventWriter
  let slot: UnsafeMutablePointer<library_slot>
  /// Nanoseconds that a call waits for the node's answer.
  let callTimeout: UInt64
  /// The node's name.
  var id: [UInt8]

  var protocols = ProtocolTable()
  var flows = FlowTable()
  var streams: [UInt64: StreamState] = [:]
  /// Requests of this application that have not ended: what they cost, and whom they ask.
  var requests: [UInt64: RequestState] = [:]
  /// Requests of others that are not answered yet.
  var asked: [UInt64: AskedState] = [:]
  /// What all of `requests` cost.
  var requestCost: UInt64 = 0
  /// Messages whose fate is wanted: their flow, whether they have left, and whether their delivery is told.
  var told: [UInt64: (flow: UInt64, hasLeft: Bool, isDeliveryTold: Bool)] = [:]
  /// Numbers of peers that the node has told.
  var peers: [UInt64: [UInt8]] = [:]
  /// Numbers by the words that found them.
  var peersByWord: [String: UInt64] = [:]
  /// Peers that are connected, as far as events were read.
  var connected: Set<UInt64> = []
  /// A daemon went away once: what it was asked may still be answered by the next.
  var hasLostDaemon = false
  /// Where keys for messages are made: a part for this handle, then the message's number.
  private let keyWords: UnsafeMutablePointer<UInt64>?
  /// The last number given to a message, stream or request; flows have those below.
  var lastID: UInt64 = 1 << 32

  /// Peers whose requests found no room.
  var peersWithoutRoom: [UInt64] = []
  /// The queue of commands was full when this peer or stream (first) was served.
  var waitingForCommands: [(id: UInt64, peer: UInt64, token: UInt64)] = []
  /// Events that the library makes itself.
  var ownEvents: [mesh_event] = []
  var ownEventsTaken = 0

  var buffers = BufferTable()
  var kept = KeptTable()
  /// Numbers of messages that are to be released.
  var releasedMessages: [UInt64] = []
  /// Most of them in one command.
  static let releaseLimit = 256
  /// Data of one stream that is to be released: its bytes are gathered.
  var releasedStream: UInt64 = 0
  var releasedBytes: UInt64 = 0

  var controlCodec = ControlCodec()
  var lastControlID: UInt64 = 0
  var controlAnswers: [UInt64: ControlMessage] = [:]
  var serveAnswers: [Int32] = []
  var serveAnswersDropped = 0

  /// Bytes of commands that wait for the node before the application's thread takes a turn.
  static let workBytes: UInt64 = 128 << 10
  /// The same after a turn that left some: what the node does not take at once is not tried with every command.
  private var nextWork = workBytes
  /// Bytes of commands that wait for the node before `MESH_E_AGAIN`.
  static let commandLimit: UInt64 = 16 << 20

  /// A handle's state on a home; the caller has the slot and the seat.
  init(home: Home, slot: UnsafeMutablePointer<library_slot>, id: [UInt8], callTimeout: UInt64) {
    self.home = home
    self.slot = slot
    self.id = id
    self.callTimeout = callTimeout
    commands = home.commands
    writer = home.writer
    events = writer.events
    notices = writer.notices
    keyWords = home.needsKeys ? .allocate(capacity: 2) : nil
    releasedMessages.reserveCapacity(Self.releaseLimit)
    keyWords?.initialize(to: RandomBytes.system.uint64())
  }

  deinit {
    kept.forEach { events.unpin($0.segment) }
    keyWords?.deallocate()
  }

  /// A key for the next message or request, when the home needs one.
  @inline(__always)
  func ownKey() -> UnsafeRawPointer? {
    guard let keyWords else { return nil }
    keyWords[1] = lastID + 1
    return UnsafeRawPointer(keyWords)
  }

  /// The state behind a handle that was entered.
  @inline(__always)
  static func of(_ slot: UnsafeMutablePointer<library_slot>) -> Unmanaged<Application> {
    Unmanaged<Application>.fromOpaque(slot.pointee.object)
  }

  /// A number for a message, stream or request.
  @inline(__always)
  func nextID() -> UInt64 {
    lastID += 1
    return lastID
  }

  // MARK: commands

  /// Writes a command; false when there is no memory.
  @inline(__always)
  func write(_ header: application_command, _ key: UnsafeRawPointer? = nil, _ body: CommandBody = CommandBody()) -> Bool
  {
    let keyed = key == nil ? 0 : Int(MESH_KEY_SIZE)
    let total = (64 + keyed + body.metadataCount + body.count + 7) & ~7
    guard let record = commands.reserve(total) else { return false }
    if total >= 72 { (record + (total - 8)).storeBytes(of: 0, as: UInt64.self) }
    var header = header
    header.len = UInt32(truncatingIfNeeded: body.count)
    header.meta_len = UInt16(truncatingIfNeeded: body.metadataCount)
    if keyed != 0 { header.flags |= APP_FLAG_KEY }
    record.storeBytes(of: header, as: application_command.self)
    var at = record + 64
    if let key {
      at.copyMemory(from: key, byteCount: keyed)
      at += keyed
    }
    if body.metadataCount > 0, let metadata = body.metadata {
      at.copyMemory(from: metadata, byteCount: body.metadataCount)
      at += body.metadataCount
    }
    body.copy(to: at)
    commands.commit(total)
    home.notify()
    let pending = commands.pending
    if pending >= Self.workBytes { if pending >= nextWork { workMeanwhile() } } else { nextWork = Self.workBytes }
    return true
  }

  /// A command that has only a header and perhaps a text.
  func write(_ header: application_command, text: [UInt8]) -> Bool {
    text.withUnsafeBytes { bytes in
      withUnsafePointer(to: mesh_slice(data: bytes.baseAddress, len: bytes.count)) {
        write(header, nil, CommandBody(slices: $0, sliceCount: 1, count: bytes.count))
      }
    }
  }

  // MARK: waiting

  /// One turn on this thread, unless another has the seat. An application that writes a lot without waiting would else
  /// leave all of it to the library's thread, which wakes late and takes the processor away from it.
  @inline(never)
  func workMeanwhile() {
    nextWork = commands.pending + Self.workBytes / 2
    guard library_seat_try(home.seat) else { return }
    home.turn(maxWait: 0)
    home.leaveSeat()
    nextWork = commands.pending + Self.workBytes / 2
  }

  /// Does the node's work on this thread until the condition holds; false when the time is over.
  func work(until deadline: UInt64, _ condition: () -> Bool) -> Bool {
    takeNotices()
    if condition() { return true }
    home.takeSeat()
    defer { home.leaveSeat() }
    while true {
      takeNotices()
      if condition() { return true }
      let now = MonotonicClock.read()
      guard now < deadline, !home.hasEnded.load(ordering: .relaxed), !library_is_closing(slot) else { return false }
      home.turn(maxWait: deadline == .max ? .max : deadline - now)
    }
  }

  /// The code for a call that found no answer in time, or whose handle another thread closes.
  func noAnswer() -> LibraryError {
    if library_is_closing(slot) { return LibraryError(.stale, "another thread closes the handle") }
    return home.fault ?? LibraryError(.timeout, "the node has not answered within \(callTimeout / 1_000_000) ms")
  }
}
