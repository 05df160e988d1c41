// SPDX-License-Identifier: Apache-2.0
import CQUIC
import HTXQUIC

/// A handler that sends what it is told on streams, keeps what it gets, and echoes when asked to.
final class StreamPeer: ConnectionHandler {
  private final class Sending {
    let bytes: UnsafeMutablePointer<UInt8>
    let count: Int
    var sent = 0
    var acknowledged = 0
    var isFinal: Bool
    var isFinished = false

    init(_ data: [UInt8], isFinal: Bool) {
      bytes = .allocate(capacity: max(data.count, 1))
      bytes.update(from: data, count: data.count)
      count = data.count
      self.isFinal = isFinal
    }

    deinit { bytes.deallocate() }
  }

  /// Sends back what a stream brought when its end is here.
  var echoes = false
  /// Gives no credit back while false.
  var consumes = true
  var keepsData = true
  private(set) var received: [Int64: [UInt8]] = [:]
  private(set) var finished: Set<Int64> = []
  private(set) var bytesReceived = 0
  private(set) var datagrams: [[UInt8]] = []
  private(set) var opened = 0
  private(set) var closedStreams = 0
  private(set) var streamErrors: [UInt64] = []
  private(set) var confirmations = 0
  private(set) var validPaths = 0
  private(set) var reason: CloseReason?
  var onClosed: (Connection, Int64) -> Void = { _, _ in }
  var onStreamsCredited: (Connection) -> Void = { _ in }
  var onConnected: (Connection) -> Void = { _ in }
  private(set) weak var connection: Connection?

  private var sending: [Int64: Sending] = [:]
  private var queue: [Int64] = []
  private var blocked: Set<Int64> = []

  func send(_ data: [UInt8], on stream: Int64, of connection: Connection, isFinal: Bool = true) {
    sending[stream] = Sending(data, isFinal: isFinal)
    queue.append(stream)
    connection.wake()
  }

  override func connected(_ connection: Connection) {
    confirmations += 1
    self.connection = connection
    onConnected(connection)
  }

  override func opened(_ connection: Connection, stream: Int64) { opened += 1 }

  override func streamsCredited(_ connection: Connection) { onStreamsCredited(connection) }

  override func received(_ connection: Connection, stream: Int64, bytes: UnsafeRawBufferPointer, isFinal: Bool) {
    bytesReceived += bytes.count
    if keepsData { received[stream, default: []].append(contentsOf: bytes) }
    if consumes { connection.consumed(stream: stream, count: bytes.count) }
    guard isFinal else { return }
    if keepsData { finished.insert(stream) }
    if echoes, stream & 2 == 0 { send(received[stream] ?? [], on: stream, of: connection) }
  }

  override func acknowledged(_ connection: Connection, stream: Int64, count: UInt64) {
    sending[stream]?.acknowledged += Int(count)
  }

  override func reset(_ connection: Connection, stream: Int64, error: UInt64) { streamErrors.append(error) }

  override func closed(_ connection: Connection, stream: Int64, error: UInt64?) {
    closedStreams += 1
    sending[stream] = nil
    blocked.remove(stream)
    if echoes {
      received[stream] = nil
      finished.remove(stream)
    }
    onClosed(connection, stream)
  }

  override func credited(_ connection: Connection, stream: Int64) {
    if blocked.remove(stream) != nil { queue.append(stream) }
    connection.wake()
  }

  override func receivedDatagram(_ connection: Connection, bytes: UnsafeRawBufferPointer) {
    datagrams.append(Array(bytes))
  }

  override func pathChanged(_ connection: Connection, isValid: Bool) { if isValid { validPaths += 1 } }

  override func pull(_ connection: Connection, _ out: UnsafeMutablePointer<cquic_outgoing>) -> Bool {
    while let stream = queue.first {
      guard let data = sending[stream], !data.isFinished, data.sent < data.count || data.isFinal else {
        queue.removeFirst()
        continue
      }
      out.pointee.stream = stream
      out.pointee.vectors.0 = cquic_vector(bytes: data.bytes + data.sent, length: data.count - data.sent)
      out.pointee.count = data.count > data.sent ? 1 : 0
      out.pointee.fin = data.isFinal ? 1 : 0
      return true
    }
    return false
  }

  override func took(_ connection: Connection, stream: Int64, count: UInt64, isFinal: Bool) {
    guard let data = sending[stream] else { return }
    data.sent += Int(count)
    if isFinal { data.isFinished = true }
  }

  override func refused(_ connection: Connection, stream: Int64, isGone: Bool) {
    queue.removeAll { $0 == stream }
    if isGone { sending[stream] = nil } else { blocked.insert(stream) }
  }

  /// What was held when that was too much.
  private(set) var overload: UInt64?

  override func overloaded(_ connection: Connection) {
    overload = connection.statistics.memory
    super.overloaded(connection)
  }

  override func ended(_ connection: Connection, _ reason: CloseReason) { self.reason = reason }
}
