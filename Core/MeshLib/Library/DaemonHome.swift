// SPDX-License-Identifier: Apache-2.0
import CApplication
import CLinux
import CMeshABI
import Glibc
import MeshApplication
import MeshControl
import MeshEventLoop
import Synchronization

/// A connection to a daemon, which is made again when it breaks.
///
/// Commands are read from the queue, marked for this attachment, and written; records that come are marked and put into
/// the queues of events. What the daemon has taken and not settled is kept for the next attachment.
final class DaemonHome: Home, @unchecked Sendable {
  /// How far the connection is.
  enum Phase {
    /// Not connected; tries at this time.
    case waiting(until: UInt64)
    /// Connected, the answer to `application.attach` is due.
    case attaching(DaemonConnection, until: UInt64)
    /// Attached again; answers about the peers' numbers are due.
    case resolving(answers: Int)
    /// Everything passes.
    case attached
  }

  let numbers = PeerNumbers()
  var phase: Phase = .waiting(until: 0)
  var descriptor: Int32 = -1
  /// Attachments before this one; a part of numbers that a daemon gives.
  var epoch: UInt64 = 0
  /// The node that is attached to.
  private(set) var id: [UInt8] = []
  /// Where the daemon answered first; later ones are looked for there alone.
  private(set) var path = ""
  let application: String
  let eventBytes: UInt64
  private let wakeEvent: Int32
  private var delay: UInt64 = firstDelay
  /// The loss of the daemon is still to be told.
  var isLossUntold = false
  var isReturnUntold = false

  // Input: bytes of records that are there.
  var input: UnsafeMutableRawBufferPointer
  var filled = 0
  /// Events that do not fit wait in `input`.
  var isInputBlocked = false
  // Output: the replay, before the queue.
  var replay: [UInt8] = []
  var replayed = 0
  var isOutputBlocked = false
  /// Bytes of the queue's first record that were written.
  var headWritten = 0
  /// Bytes of the queue that are marked and may be written.
  var marked = 0

  var declared = DeclaredState()
  var retained = RetainedRequests()
  var controlCodec = ControlCodec()

  static let inputSize = 256 << 10
  private static let firstDelay: UInt64 = 20_000_000
  private static let longestDelay: UInt64 = 5_000_000_000
  private static let attachTime: UInt64 = 5_000_000_000

  /// Attaches to the daemon that answers at the first of these places; the caller has the seat.
  init(places: [String], application: String, eventBytes: UInt64, timeout: UInt64) throws(LibraryError) {
    self.application = application
    self.eventBytes = eventBytes
    wakeEvent = clinux_eventfd()
    guard wakeEvent >= 0 else { throw LibraryError(.io, "there is no descriptor left") }
    input = .allocate(byteCount: Self.inputSize, alignment: 16)
    guard let writer = EventWriter(limit: eventBytes) else { throw .noMemory }
    try super.init(writer: writer)
    let end = MonotonicClock.read() &+ timeout
    do throws(ControlError) {
      var connection = try ControlSocket.first(of: places) { place throws(ControlError) in
        path = place
        return try connect(patience: timeout)
      }
      while true {
        if let node = try connection.advance() {
          attached(node, connection.descriptor)
          return
        }
        let now = MonotonicClock.read()
        guard now < end else {
          close(connection.descriptor)
          throw ControlError(.timeout, "the daemon at '\(path)' has not answered")
        }
        rest(connection.descriptor, Int16(POLLIN), end - now)
      }
    } catch {
      throw error.code == ErrorCode.unreachable.rawValue
        ? LibraryError(.notFound, LibraryError(error).sentence) : LibraryError(error)
    }
  }

  deinit {
    if descriptor >= 0 { close(descriptor) }
    if case .attaching(let connection, _) = phase { close(connection.descriptor) }
    close(wakeEvent)
    input.deallocate()
  }

  private func connect(patience: UInt64) throws(ControlError) -> DaemonConnection {
    try DaemonConnection(path: path, application: application, eventBytes: eventBytes, patience: patience)
  }

  private func attached(_ node: AttachedNode, _ socket: Int32) {
    id = node.id
    descriptor = socket
    delay = Self.firstDelay
    filled = 0
    isOutputBlocked = false
    headWritten = 0
    marked = 0
    if epoch == 0 { phase = .attached } else { askNumbers() }
  }

  override func peerNumber(_ number: UInt64, _ name: [UInt8]) -> UInt64 { numbers.learn(number, name) }

  override var needsKeys: Bool { true }

  // MARK: turns

  override var wakeDescriptor: Int32 { wakeEvent }

  override func wake() {
    var one: UInt64 = 1
    _ = Glibc.write(wakeEvent, &one, 8)
  }

  override func turn(maxWait: UInt64) {
    if isResumeWanted.exchange(false, ordering: .sequentiallyConsistent) { resume() }
    tellChanges()
    if maxWait == 0, descriptor >= 0 { return turnWithoutWait() }
    flush()
    var wait = maxWait
    if wait > 0 {
      isSleeping.store(true, ordering: .sequentiallyConsistent)
      if hasWork { wait = 0 }
    }
    switch phase {
    case .attached, .resolving:
      var wanted: Int16 = 0
      if !isInputBlocked { wanted |= Int16(POLLIN) }
      if isOutputBlocked { wanted |= Int16(POLLOUT) }
      let came = rest(descriptor, wanted, wait)
      isSleeping.store(false, ordering: .relaxed)
      if came & Int16(POLLOUT) != 0 { isOutputBlocked = false }
      if came & ~Int16(POLLOUT) != 0 { receive() }
    case .waiting(let until):
      let now = MonotonicClock.read()
      rest(-1, 0, min(wait, until > now ? until - now : 0))
      isSleeping.store(false, ordering: .relaxed)
      tryAgain()
    case .attaching(let connection, let until):
      let now = MonotonicClock.read()
      rest(connection.descriptor, Int16(POLLIN), min(wait, until > now ? until - now : 0))
      isSleeping.store(false, ordering: .relaxed)
      goOn(connection, until)
    }
    flush()
    writer.turnEnded()
  }

  /// A turn that asks the socket by using it: one system call less each way.
  private func turnWithoutWait() {
    isOutputBlocked = false
    flush()
    if !isInputBlocked { receive() }
    if descriptor >= 0 { flush() }
    writer.turnEnded()
  }

  private var hasWork: Bool {
    if isResumeWanted.load(ordering: .sequentiallyConsistent) { return true }
    if case .attached = phase { return !commands.isEmpty && !isOutputBlocked }
    return false
  }

  /// Sleeps until the socket has one of `events`, or `wake`, at most so many nanoseconds. What the socket has.
  @discardableResult
  private func rest(_ socket: Int32, _ events: Int16, _ nanoseconds: UInt64) -> Int16 {
    withUnsafeTemporaryAllocation(of: pollfd.self, capacity: 2) { entries in
      entries[0] = pollfd(fd: wakeEvent, events: Int16(POLLIN), revents: 0)
      entries[1] = pollfd(fd: events == 0 ? -1 : socket, events: events, revents: 0)
      let count: Int32
      if nanoseconds == .max {
        count = poll(entries.baseAddress, 2, -1)
      } else {
        count = poll(entries.baseAddress, 2, Int32(clamping: (nanoseconds + 999_999) / 1_000_000))
      }
      guard count > 0 else { return 0 }
      if entries[0].revents != 0 {
        var value: UInt64 = 0
        _ = read(wakeEvent, &value, 8)
      }
      return entries[1].revents
    }
  }

  // MARK: losing and finding the daemon

  /// The connection is gone: the application is told, and it is made again.
  func lose() {
    guard descriptor >= 0 else { return }
    close(descriptor)
    descriptor = -1
    isInputBlocked = false
    replay = []
    replayed = 0
    // What was marked is kept where it is to be sent again, and in vain otherwise.
    commands.advance(marked)
    commands.giveBack()
    marked = 0
    headWritten = 0
    declared.lost()
    numbers.forget()
    epoch += 1
    isReturnUntold = false
    isLossUntold = true
    tellChanges()
    phase = .waiting(until: MonotonicClock.read() &+ delay)
  }

  private func tryAgain() {
    guard case .waiting(let until) = phase, MonotonicClock.read() >= until else { return }
    do throws(ControlError) {
      phase = .attaching(try connect(patience: 0), until: MonotonicClock.read() &+ Self.attachTime)
      if case .attaching(let connection, let until) = phase { goOn(connection, until) }
    } catch { waitLonger() }
  }

  private func goOn(_ connection: DaemonConnection, _ until: UInt64) {
    var connection = connection
    do throws(ControlError) {
      if let node = try connection.advance() {
        attached(node, connection.descriptor)
      } else if MonotonicClock.read() >= until {
        close(connection.descriptor)
        waitLonger()
      } else {
        phase = .attaching(connection, until: until)
      }
    } catch { waitLonger() }
  }

  private func waitLonger() {
    delay = min(delay * 2, Self.longestDelay)
    phase = .waiting(until: MonotonicClock.read() &+ delay)
  }

  /// Tells of loss and return, as soon as there is room.
  func tellChanges() {
    let nothing = UnsafeRawBufferPointer(start: nil, count: 0)
    var event = application_event()
    event.kind = UInt32(MESH_ON_HOME)
    if isLossUntold {
      event.code = MESH_E_RESET
      isLossUntold = !writer.append(event, meta: nothing, data: nothing)
    }
    if isReturnUntold, !isLossUntold {
      event.code = MESH_OK
      isReturnUntold = !writer.append(event, meta: nothing, data: nothing)
    }
  }

  override func finish(within: UInt64) {
    // What was queued last, such as releases, is written if the socket takes it.
    if case .attached = phase { flush() }
    if descriptor >= 0 { close(descriptor) }
    descriptor = -1
    phase = .waiting(until: .max)
  }
}
