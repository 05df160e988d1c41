// SPDX-License-Identifier: Apache-2.0
import CQUIC

extension Endpoint {
  /// Follows up what the C side said about a connection.
  func settle(_ connection: Connection, _ status: Int32, _ now: UInt64) {
    switch Int(status) {
    case CQUIC_OK: enqueue(connection)
    case CQUIC_CLOSE: close(connection, now)
    case CQUIC_DRAIN: leave(connection, .draining, now)
    default: finish(connection, connection.raw.map { CloseReason(of: $0) } ?? .abandoned)
    }
  }

  /// Ends every connection and tells the other ends; nothing comes from them afterwards.
  public func shutdown(error: UInt64, now: UInt64) {
    for connection in open {
      connection.fail(error: error)
      close(connection, now)
    }
    sayGoodbyes(now: now)
  }

  /// Ends one connection at once, with an error of the application protocol; its handler hears of it within the call, and
  /// the other end by what `poll` sends last.
  public func end(_ connection: Connection, error: UInt64, now: UInt64) {
    connection.fail(error: error)
    close(connection, now)
  }

  /// Every open connection, once.
  var open: [Connection] {
    var seen: Set<ObjectIdentifier> = []
    return ids.values.filter { $0.phase == .open && seen.insert(ObjectIdentifier($0)).inserted }
  }

  private func close(_ connection: Connection, _ now: UInt64) {
    guard connection.phase == .open else { return }
    leave(connection, .closing, now)
    // Many at once are told before the first of them is forgotten.
    if spent.count >= Self.goodbyeLimit { sayGoodbyes(now: now) }
  }

  /// Connections that are over and have not said so, at most.
  private static let goodbyeLimit = 256

  /// Tells the other ends of connections that are over, and frees them; `poll` ends with it. What begins a connection goes
  /// first, and nobody waits for this. Whoever lets go of an endpoint calls it before.
  public func sayGoodbyes(now: UInt64) {
    guard !spent.isEmpty || !goodbyes.isEmpty else { return }
    for item in spent {
      if let connection = item.connection, connection.phase == .closing { writeClose(connection, item.raw, now) }
      cquic_free(item.raw)
    }
    spent.removeAll(keepingCapacity: true)
    guard waiting.isEmpty else { return }
    var told = 0
    while told < goodbyes.count, goodbyes[told].phase != .closing || dispatchClose(goodbyes[told]) { told += 1 }
    goodbyes.removeFirst(told)
    isHeldUp = !goodbyes.isEmpty
    // Those that the sink takes nothing from are told when it does, unless they are forgotten by then.
    if goodbyes.count > 2 * LingerQueue.limit { goodbyes.removeAll { $0.phase != .closing } }
  }

  private func writeClose(_ connection: Connection, _ raw: OpaquePointer, _ now: UInt64) {
    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 1500) { memory in
      guard let base = memory.baseAddress,
        cquic_write_close(raw, base, memory.count, &connection.closeTrain, now) == 1
      else { return forget(connection) }
      let length = Int(connection.closeTrain.length)
      connection.closePacket = Array(UnsafeBufferPointer(start: base, count: length))
      goodbyes.append(connection)
    }
  }

  /// Sends the close packet again to a peer that goes on, less and less often (RFC 9000, 10.2.1).
  func repeatClose(_ connection: Connection) {
    guard connection.phase == .closing, waiting.isEmpty else { return }
    connection.packetsSinceClose += 1
    let count = connection.packetsSinceClose
    if count & (count - 1) == 0 { _ = dispatchClose(connection) }
  }

  /// False when the sink does not take it.
  private func dispatchClose(_ connection: Connection) -> Bool {
    var train = connection.closeTrain
    return connection.closePacket.withUnsafeBufferPointer { bytes in
      bytes.baseAddress.map { dispatch(&train, $0) } ?? true
    }
  }

  /// Nanoseconds for which ids are kept at most.
  private static let lingerMaximum: UInt64 = 3_000_000_000
  /// Connections that are over are forgotten together, within 67 ms: a timer for each costs as much as one of its packets.
  private static let lingerStep: UInt64 = 1 << 26 - 1

  /// Frees the connection but keeps its ids for three probe timeouts, so that late packets find something.
  private func leave(_ connection: Connection, _ phase: Connection.Phase, _ now: UInt64) {
    guard let raw = connection.raw else { return }
    // The other end has a say in the probe timeout: its longest delay of acknowledgements is 16 s.
    let linger = min(3 * connection.statistics.probe_timeout, Self.lingerMaximum)
    let reason = CloseReason(of: raw)
    release(connection, phase)
    deadlines.set(connection, (now &+ linger) | Self.lingerStep)
    if let oldest = lingering.append(connection) { forget(oldest) }
    connection.handler.ended(connection, reason)
    connection.handler = nobody
  }

  /// Ends a connection of which nothing is left to say.
  func finish(_ connection: Connection, _ reason: CloseReason) {
    guard connection.phase == .open else { return }
    release(connection, .over)
    forget(connection)
    connection.handler.ended(connection, reason)
  }

  private func release(_ connection: Connection, _ phase: Connection.Phase) {
    if connection.isServer, !connection.isConnected { handshakeCount -= 1 }
    connection.phase = phase
    connection.countNoMore()
    if let raw = connection.raw { spent.append((raw, connection.credentials, phase == .closing ? connection : nil)) }
    connection.raw = nil
  }

  /// Takes a connection out of every table.
  func forget(_ connection: Connection) {
    if connection.raw != nil || connection.phase != .open { connectionCount -= 1 }
    if connection.isLingering { lingering.noteGone() }
    connection.phase = .over
    deadlines.remove(connection)
    for id in connection.ids where ids[id] === connection { ids[id] = nil }
    if latest?.connection === connection { latest = nil }
    connection.ids = []
    for token in connection.tokens where tokens[token] === connection { tokens[token] = nil }
    connection.tokens = []
    if let original = connection.original, originals[original] === connection { originals[original] = nil }
    connection.original = nil
    connection.closePacket = []
  }
}
