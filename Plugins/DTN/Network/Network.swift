// SPDX-License-Identifier: Apache-2.0
import BundleConvergence
import BundleProtocol
import CMeshABI
import TransportDriver

/// Connections to other nodes of the bundle protocol, over the host's loop.
///
/// Times are nanoseconds of the host's clock; sessions have milliseconds of it. What a call touches is written by
/// `finishTurn`, which every turn ends with.
package final class Network {
  let host: TransportDriver.Host
  var settings: NetworkSettings
  let credentials: NetworkCredentials?
  /// How this node names itself.
  let node: EndpointID
  unowned let delegate: any NetworkDelegate
  var listeners: [UInt64: Listener] = [:]
  var connections: [UInt64: Connection] = [:]
  var diallers: [Dialler]
  let offloaded = OffloadedWork()
  var touched: [Connection] = []
  var nextID: UInt64 = 1
  var nextListenerSlot: UInt32 = 0
  var resumeAccepting = MESH_DEADLINE_NONE
  var isStopping = false
  /// Bytes that connections hold, together.
  var held = 0
  /// Bytes that may still be read in this turn.
  var budget = 0
  let scratch = UnsafeMutableRawBufferPointer.allocate(byteCount: 65_536, alignment: 16)

  /// Bytes read in a turn, of all connections.
  static let turnBytes = 1 << 20
  /// Nanoseconds in which the last bytes go out and the peer's end comes.
  static let closingTime: UInt64 = 2_000_000_000
  /// Nanoseconds for one address to answer.
  static let connectTime: UInt64 = 10_000_000_000
  /// Nanoseconds until a neighbour that refused for want of room is tried again.
  static let roomTime: UInt64 = 10_000_000_000

  /// - Parameter node: how this node names itself unless the settings say otherwise.
  package init(
    host: TransportDriver.Host, settings: NetworkSettings, credentials: NetworkCredentials?, node: EndpointID,
    delegate: any NetworkDelegate
  ) {
    self.host = host
    self.settings = settings
    self.credentials = credentials
    self.node = settings.node ?? node
    self.delegate = delegate
    diallers = settings.known.compactMap { known in known.address.map { Dialler(known, $0) } }
  }

  deinit { scratch.deallocate() }

  /// Milliseconds, for sessions.
  var sessionTime: UInt64 { host.now() / 1_000_000 }

  /// Connections that bundles go over.
  package var connectionCount: Int { connections.values.count { $0.hasCome } }

  /// Whether nothing is left to close.
  package var isEmpty: Bool { connections.isEmpty && offloaded.isEmpty }

  // MARK: turns

  /// Whether a token of the host is for a socket or name here; it is then dealt with.
  package func dispatch(_ event: mesh_ready) -> Bool {
    guard let token = Token(event.token) else { return false }
    switch token.kind {
    case .listener:
      if let listener = listeners.values.first(where: { $0.slot == token.slot }) { accept(listener) }
    case .resolver: if event.kind == MESH_READY_OFFLOAD { resolved(token.slot) }
    case .link: if let connection = connections[Connection.id(token)] { ready(connection, event.mask) }
    default: return false
    }
    return true
  }

  /// Begins a turn: called before `dispatch`.
  package func beginTurn() { budget = Self.turnBytes }

  /// Ends a turn: what the time asks for, then what was touched is written.
  package func finishTurn() {
    let now = host.now()
    for connection in Array(connections.values) { tick(connection, now) }
    if now >= resumeAccepting { resumeListeners() }
    if !isStopping { dial(now) }
    while let connection = touched.popLast() {
      connection.isTouched = false
      flush(connection)
    }
  }

  /// When the next turn is due.
  package var nextDeadline: UInt64 {
    var next = resumeAccepting
    for connection in connections.values {
      next = min(next, connection.deadline, connection.roomDeadline)
      if let due = connection.session?.nextDeadline, connection.phase == .open {
        next = min(next, due.multipliedReportingOverflow(by: 1_000_000).overflow ? .max : due * 1_000_000)
      }
    }
    if !isStopping { for dialler in diallers where dialler.connection == nil { next = min(next, dialler.nextAttempt) } }
    return next
  }

  private func tick(_ connection: Connection, _ now: UInt64) {
    if now >= connection.deadline {
      connection.deadline = .max
      if connection.phase == .dialling {
        closeSocket(connection)
        return tryNext(connection, "no answer in time")
      }
      return drop(connection)
    }
    if now >= connection.roomDeadline {
      connection.roomDeadline = .max
      delegate.mayHaveRoom(connection.key)
    }
    guard connection.phase == .open, let session = connection.session, let due = session.nextDeadline,
      due <= now / 1_000_000
    else { return }
    session.tick(now: now / 1_000_000)
    touch(connection)
  }

  func touch(_ connection: Connection) {
    guard !connection.isTouched, connection.phase != .gone else { return }
    connection.isTouched = true
    touched.append(connection)
  }

  /// Ends everything as each protocol has it; `isEmpty` turns true when that is done.
  package func stop() {
    isStopping = true
    for id in Array(listeners.keys) { _ = unlisten(id) }
    for connection in Array(connections.values) {
      switch connection.phase {
      case .dialling: drop(connection)
      case .open:
        connection.session?.close(.unknown, now: sessionTime)
        connection.deadline = min(connection.deadline, host.now() &+ Self.closingTime)
        touch(connection)
      case .closing, .gone: break
      }
    }
    finishTurn()
  }

  /// Ends everything at once.
  package func abort() { for connection in Array(connections.values) { drop(connection) } }
}
