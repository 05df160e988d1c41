// SPDX-License-Identifier: Apache-2.0
import CQUIC

extension Endpoint {
  /// Turns that one call of `poll` gives to connections; what is left waits for the next.
  private static let turnBudget = 64

  /// Does what is due: timers, and sending for every connection that has something. A sink that is full ends it, and
  /// `bytes` that were sent: what is left is due at once.
  public func poll(now: UInt64, bytes: UInt64 = .max) {
    let end = figures.bytesSent.addingReportingOverflow(bytes)
    let last = end.overflow ? .max : end.partialValue
    while deadlines.first <= now, let connection = deadlines.next {
      deadlines.remove(connection)
      switch connection.phase {
      case .open:
        guard let raw = connection.raw else { continue }
        settle(connection, cquic_expire(raw, now), now)
      case .closing, .draining: forget(connection)
      case .over: break
      }
    }
    defer { sayGoodbyes(now: now) }
    acceptWaiting(now)
    guard flushWaiting() else { return }
    var turns = Self.turnBudget
    while turns > 0, waiting.isEmpty, turns == Self.turnBudget || figures.bytesSent < last,
      let connection = ready.popFirst()
    {
      connection.isQueued = false
      turns -= 1
      write(connection, now)
    }
  }

  /// The sink takes packets again; the next `poll` goes on.
  public func writable() {
    isHeldUp = false
    _ = flushWaiting()
  }

  /// Writes what a connection has to send, and hands it to the sink.
  func write(_ connection: Connection, _ now: UInt64) {
    guard connection.phase == .open, let raw = connection.raw else { return }
    var count: UInt32 = 0
    connection.handler.prepare(connection)
    let status = cquic_write(raw, buffer, Self.bufferSize, trains, UInt32(Self.trainLimit), &count, now)
    waiting = 0..<Int(count)
    _ = flushWaiting()
    guard status >= 0 else { return settle(connection, status, now) }
    connection.countMemory()
    if status == 1 { enqueue(connection) }
    deadlines.set(connection, cquic_deadline(raw))
  }

  /// Hands over trains that wait; false when some still do.
  private func flushWaiting() -> Bool {
    while !waiting.isEmpty {
      let train = trains + waiting.lowerBound
      guard dispatch(train, buffer + Int(train.pointee.offset)) else { return false }
      waiting = waiting.lowerBound + 1..<waiting.upperBound
    }
    return true
  }

  /// Sends a train; false when a rest of it, which it then is, has to wait.
  func dispatch(_ train: UnsafeMutablePointer<cquic_train>, _ bytes: UnsafePointer<UInt8>) -> Bool {
    let sent = max(0, min(sink.send(train, bytes), Int(train.pointee.length)))
    let segment = max(Int(train.pointee.segment), 1)
    figures.packetsSent += UInt64((sent + segment - 1) / segment)
    figures.bytesSent += UInt64(sent)
    if sent > 0 { figures.trainsSent += 1 }
    guard sent < Int(train.pointee.length) else { return true }
    train.pointee.offset += UInt32(sent)
    train.pointee.length -= UInt32(sent)
    return false
  }
}
