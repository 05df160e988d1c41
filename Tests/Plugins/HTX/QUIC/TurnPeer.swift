// SPDX-License-Identifier: Apache-2.0
import CQUIC
import HTXQUIC

/// A handler that sends one body on each of its streams, one after another or in turns, and notes what is taken of it.
final class TurnPeer: ConnectionHandler {
  struct Taking: Equatable {
    var stream: Int64
    var count: Int
    var isFinal: Bool
  }

  private struct Body {
    let bytes: UnsafeMutableBufferPointer<UInt8>
    var sent = 0
    var acknowledged = 0
  }

  /// Whether the next stream is pulled after each that was taken from.
  private let takesTurns: Bool
  /// Bytes that are lent at once.
  private let piece: Int
  private var bodies: [Int64: Body] = [:]
  private var queue: [Int64] = []
  private var blocked: Set<Int64> = []
  private(set) var isConnected = false
  private(set) var takings: [Taking] = []
  private(set) var refusals = 0
  private(set) var acknowledgements = 0

  init(takesTurns: Bool, piece: Int) {
    self.takesTurns = takesTurns
    self.piece = piece
  }

  deinit { for body in bodies.values { body.bytes.deallocate() } }

  func send(_ data: [UInt8], on stream: Int64, of connection: Connection) {
    let bytes = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: data.count)
    _ = bytes.initialize(from: data)
    bodies[stream] = Body(bytes: bytes)
    queue.append(stream)
    connection.wake()
  }

  /// Bytes of a stream that are in packets, as it was told, and that the other end has.
  func sent(_ stream: Int64) -> Int { bodies[stream]?.sent ?? 0 }
  func acknowledged(_ stream: Int64) -> Int { bodies[stream]?.acknowledged ?? 0 }

  override func connected(_ connection: Connection) { isConnected = true }

  override func acknowledged(_ connection: Connection, stream: Int64, count: UInt64) {
    acknowledgements += 1
    bodies[stream]?.acknowledged += Int(count)
  }

  override func credited(_ connection: Connection, stream: Int64) {
    if blocked.remove(stream) != nil { queue.append(stream) }
    connection.wake()
  }

  override func pull(_ connection: Connection, _ out: UnsafeMutablePointer<cquic_outgoing>) -> Bool {
    guard let stream = queue.first, let body = bodies[stream] else { return false }
    let end = min(body.bytes.count, body.sent + 3 * piece)
    out.pointee.stream = stream
    out.pointee.fin = end == body.bytes.count ? 1 : 0
    let pieces = stride(from: body.sent, to: end, by: piece).map { at in
      cquic_vector(bytes: body.bytes.baseAddress.map { UnsafePointer($0) + at }, length: min(piece, end - at))
    }
    out.pointee.count = UInt32(pieces.count)
    if pieces.count > 0 { out.pointee.vectors.0 = pieces[0] }
    if pieces.count > 1 { out.pointee.vectors.1 = pieces[1] }
    if pieces.count > 2 { out.pointee.vectors.2 = pieces[2] }
    return true
  }

  override func took(_ connection: Connection, stream: Int64, count: UInt64, isFinal: Bool) {
    takings.append(Taking(stream: stream, count: Int(count), isFinal: isFinal))
    bodies[stream]?.sent += Int(count)
    queue.removeAll { $0 == stream }
    guard !isFinal else { return }
    if takesTurns { queue.append(stream) } else { queue.insert(stream, at: 0) }
  }

  override func refused(_ connection: Connection, stream: Int64, isGone: Bool) {
    refusals += 1
    queue.removeAll { $0 == stream }
    if !isGone { blocked.insert(stream) }
  }
}
