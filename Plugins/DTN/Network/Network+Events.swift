// SPDX-License-Identifier: Apache-2.0
import BundleConvergence
import BundleProtocol
import CMeshABI
import TransportDriver

extension Network {
  /// Deals with all that has happened in a session.
  func events(_ connection: Connection) {
    while connection.phase == .open, let event = connection.session?.nextEvent(now: sessionTime) {
      switch event {
      case .startTLS: startTLS(connection)
      case .established(let node): established(connection, node)
      case .arrived(let transfer, let bundle):
        release(connection, connection.held - connection.unsettledBytes)
        connection.lastUse = host.now()
        if connection.address.layer != .tcpcl {
          connection.unsettled[transfer] = bundle
          connection.unsettledBytes += bundle.count
          hold(connection, bundle.count)
        }
        guard connection.phase == .open else { return }
        delegate.arrived(bundle, number: transfer, over: connection.key)
      case .accepted(let transfer), .written(let transfer): answered(connection, transfer, nil)
      case .refused(let transfer, let reason): answered(connection, transfer, reason)
      case .ended(let how): ended(connection, how)
      }
    }
  }

  private func answered(_ connection: Connection, _ transfer: UInt64, _ reason: RefusalReason?) {
    guard let number = connection.sent.removeValue(forKey: transfer) else { return }
    connection.lastUse = host.now()
    if reason == .noResources { connection.roomDeadline = host.now() &+ Self.roomTime }
    delegate.answered(number, reason, over: connection.key)
    delegate.wantsTurn()
  }

  private func established(_ connection: Connection, _ told: EndpointID?) {
    let wanted = connection.dialler.map { diallers[$0].neighbour.node }
    if let wanted, let told, !told.isSameNode(as: wanted) {
      return turnAway(connection, "it is \(told), not \(wanted)")
    }
    // MTCP and STCP name nobody: whoever is dialled is believed to be there.
    let node = told?.node ?? (connection.address.layer == .tcpcl ? nil : wanted)
    let isKnown = node.map { settings.isKnown($0) } ?? false
    guard isKnown || settings.strangers != .refuse else {
      return turnAway(connection, "\(node.map { "\($0)" } ?? "a node without a name") is not known here")
    }
    if let proven = connection.proven, !proven.isEmpty, !proven.contains(where: { node?.isSameNode(as: $0) == true }) {
      return turnAway(
        connection, "it says that it is \(node.map { "\($0)" } ?? "nobody"), its certificate \(proven[0])")
    }
    if node?.isSameNode(as: self.node) == true { return turnAway(connection, "it is this node") }
    connection.node = node
    connection.isKnown = isKnown
    connection.hasCome = true
    connection.establishedAt = host.now()
    if let index = connection.dialler { diallers[index].lastProblem = "" }
    let isNeighbour = node != nil && (isKnown || settings.strangers == .exchange)
    host.log(
      MESH_LOG_INFO,
      "\(connection.address.layer.rawValue) with \(node.map { "\($0)" } ?? "a node without a name") at "
        + "\(connection.remote)\(isNeighbour ? "" : ", which only sends")")
    delegate.came(connection.key, node: node, isNeighbour: isNeighbour, isTrusted: isKnown)
    delegate.wantsTurn()
  }

  private func turnAway(_ connection: Connection, _ reason: String) {
    complain(connection, reason)
    connection.wasTurnedAway = true
    connection.session?.close(.contactFailure, now: sessionTime)
    touch(connection)
  }

  /// The session is over: its last bytes go out, then the socket goes.
  private func ended(_ connection: Connection, _ how: SessionEnd) {
    switch how {
    case .terminated(let reason):
      let isOdd = !connection.hasCome || reason == .contactFailure || reason == .versionMismatch
      if isOdd, !connection.wasTurnedAway { complain(connection, "no session: \(Self.sentence(reason))") }
    case .disconnected: if !connection.hasCome { complain(connection, "the connection broke before a session began") }
    case .violated(let fault): complain(connection, "\(fault)")
    case .rejected(let type): complain(connection, "it rejects messages of type \(type)")
    }
    leave(connection)
    if case .disconnected = how { return drop(connection) }
    connection.phase = .closing
    connection.deadline = host.now() &+ Self.closingTime
    touch(connection)
  }

  private static func sentence(_ reason: TerminationReason) -> String {
    switch reason {
    case .idleTimeout: "nothing was heard in time"
    case .versionMismatch: "the versions do not meet"
    case .busy: "the node has too much to do"
    case .contactFailure: "contact failure; one end is not who or what the other wants, see the log there"
    case .resourceExhaustion: "the node has run out of something"
    default: "reason \(reason.rawValue)"
    }
  }

  /// Nothing goes over the connection any more.
  func leave(_ connection: Connection) {
    connection.roomDeadline = .max
    connection.sent = [:]
    connection.unsettled = [:]
    connection.postponed = []
    guard connection.hasCome else { return }
    connection.hasCome = false
    delegate.went(connection.key)
    delegate.wantsTurn()
  }

  // MARK: what the caller does

  /// Sends a bundle; `answered` follows with its number. False: not now.
  package func send(_ bundle: [UInt8], number: UInt64, over key: [UInt8]) -> Bool {
    guard let connection = connections[Connection.id(key)], connection.hasCome, let session = connection.session else {
      return false
    }
    switch session.send(bundle, now: sessionTime) {
    case .begun(let transfer):
      connection.sent[transfer] = number
      touch(connection)
      return true
    case .busy, .unavailable: return false
    case .tooLarge:
      // Answered within the call: the caller has noted the number already.
      delegate.answered(number, .notAcceptable, over: key)
      return true
    }
  }

  /// Bytes that a bundle over a connection may have.
  package func largestTransfer(over key: [UInt8]) -> UInt64 {
    guard let connection = connections[Connection.id(key)], connection.hasCome else { return .max }
    return connection.session?.largestTransfer ?? .max
  }

  /// Says what becomes of a bundle that arrived.
  package func settle(_ number: UInt64, _ verdict: TransferVerdict, over key: [UInt8]) {
    guard let connection = connections[Connection.id(key)], let session = connection.session else { return }
    // A sender that hears no answers waits while its bundle has no room.
    if verdict == .refused(.noResources), connection.unsettled[number] != nil {
      return connection.postponed.append(number)
    }
    if let bundle = connection.unsettled.removeValue(forKey: number) {
      connection.unsettledBytes -= bundle.count
      release(connection, bundle.count)
    }
    session.settle(number, verdict, now: sessionTime)
    touch(connection)
  }

  /// There is room again: what waited for it is offered again.
  package func offerPostponed(over key: [UInt8]) {
    guard let connection = connections[Connection.id(key)] else { return }
    let numbers = connection.postponed
    connection.postponed = []
    for number in numbers {
      if let bundle = connection.unsettled[number] { delegate.arrived(bundle, number: number, over: key) }
    }
  }
}
