// SPDX-License-Identifier: Apache-2.0
import CQUIC
import Glibc
import HTXQUIC

/// One of two connections: what comes on its streams is said on streams of the other one, byte for byte.
final class Side: ConnectionHandler {
  private struct Piece {
    let bytes: UnsafeBufferPointer<UInt8>
    let isFinal: Bool
  }

  private struct Out {
    var pieces: [Piece] = []
    var offset = 0
    var isBlocked = false
  }

  private let name: String
  private var other: Side?
  private var connection: Connection?
  private var isReady = false
  /// Streams of the other side that have one here, and the other way round.
  private var here: [Int64: Int64] = [:]
  private var waiting: [(from: Int64, piece: Piece)] = []
  private var outs: [Int64: Out] = [:]

  init(_ name: String) { self.name = name }

  func pair(with other: Side) {
    self.other = other
    other.other = self
  }

  override func began(_ connection: Connection) { self.connection = connection }

  override func completed(_ connection: Connection) {
    isReady = true
    forward()
  }

  override func received(_ connection: Connection, stream: Int64, bytes: UnsafeRawBufferPointer, isFinal: Bool) {
    connection.consumed(stream: stream, count: bytes.count)
    tell("\(name) \(bytes.count)\n")
    // Kept for good: the program does not live long.
    let copy = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: bytes.count)
    _ = copy.initialize(from: bytes)
    other?.waiting.append((stream, Piece(bytes: UnsafeBufferPointer(copy), isFinal: isFinal)))
    other?.forward()
  }

  /// Puts what the other side has heard on streams of this one.
  private func forward() {
    guard isReady, let connection else { return }
    while let (from, piece) = waiting.first {
      if here[from] == nil {
        guard let opened = connection.openStream(isBidirectional: from & 2 == 0) else { return }
        here[from] = opened
        other?.here[opened] = from
      }
      guard let stream = here[from] else { return }
      outs[stream, default: Out()].pieces.append(piece)
      waiting.removeFirst()
    }
    connection.wake()
  }

  override func streamsCredited(_ connection: Connection) { forward() }

  override func pull(_ connection: Connection, _ out: UnsafeMutablePointer<cquic_outgoing>) -> Bool {
    for (stream, state) in outs where !state.isBlocked {
      guard let piece = state.pieces.first else { continue }
      out.pointee.stream = stream
      let rest = piece.bytes.count - state.offset
      out.pointee.count = rest > 0 ? 1 : 0
      out.pointee.vectors.0 = cquic_vector(bytes: piece.bytes.baseAddress.map { $0 + state.offset }, length: rest)
      out.pointee.fin = piece.isFinal ? 1 : 0
      return true
    }
    return false
  }

  override func took(_ connection: Connection, stream: Int64, count: UInt64, isFinal: Bool) {
    guard var out = outs[stream], let piece = out.pieces.first else { return }
    out.offset += Int(count)
    if out.offset == piece.bytes.count {
      out.offset = 0
      out.pieces.removeFirst()
    }
    outs[stream] = out
  }

  override func refused(_ connection: Connection, stream: Int64, isGone: Bool) {
    if isGone { outs[stream] = nil } else { outs[stream]?.isBlocked = true }
  }

  override func credited(_ connection: Connection, stream: Int64) {
    outs[stream]?.isBlocked = false
    connection.wake()
  }

  override func ended(_ connection: Connection, _ reason: CloseReason) {
    isReady = false
    self.connection = nil
    other?.connection?.fail(error: 0x100)
    other?.other = nil
    other = nil
  }
}

/// Writes a line for whoever watches.
func tell(_ line: String) { _ = line.withCString { write(1, $0, strlen($0)) } }
