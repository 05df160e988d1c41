// SPDX-License-Identifier: Apache-2.0
import CQUIC
import HTXQUIC

/// One bad visitor. It reads everything and gives credit for it, unless its kind says otherwise.
final class Abuser: ConnectionHandler {
  private struct Out {
    var pieces: [Lent]
    var offset = 0
    /// What follows without end.
    var more: Lent?
    var isFinal = false
    var isBlocked = false
  }

  let kind: Kind
  let deadline: UInt64
  private(set) var isOver = false
  private(set) var wasCut = false
  private var connection: Connection?
  private var outs: [Int64: Out] = [:]
  /// Streams that get a little now and then.
  private var dripping: (stream: Int64, piece: Lent)?

  init(_ kind: Kind, now: UInt64) {
    self.kind = kind
    deadline = now + kind.patience
  }

  override func connected(_ connection: Connection) {
    self.connection = connection
    guard kind != .handshakes else { return connection.fail(error: 0x100) }
    let isEndless: Lent? = kind == .settings ? Frames.settings : kind == .reserved ? Frames.reserved : nil
    send(connection.openStream(isBidirectional: false), [Frames.control], more: isEndless)
    switch kind {
    case .asked: request(Frames.page)
    case .slowHead: dripping = request(Frames.endless, isFinal: false).map { ($0, Frames.drop) }
    case .slowBody: dripping = request(Frames.form, isFinal: false).map { ($0, Frames.byte) }
    case .endlessHead: send(connection.openStream(), [Frames.endless], more: Frames.more)
    case .windowsOfNothing, .neverReads: for _ in 0..<100 { request(Frames.file) }
    case .blocked: for _ in 0..<12 { send(connection.openStream(), [Frames.waiting], more: Frames.body) }
    case .bodies: send(connection.openStream(), [Frames.upload], more: Frames.body)
    case .oneWay:
      for _ in 0..<4 { send(connection.openStream(isBidirectional: false), [Frames.noise], more: Frames.noise) }
    case .unfinished: for _ in 0..<128 { request(Frames.unfinished, isFinal: false) }
    case .qpack:
      let isEncoder = Bool.random()
      send(
        connection.openStream(isBidirectional: false), [isEncoder ? Frames.encoder : Frames.decoder],
        more: isEncoder ? Frames.inserts : Frames.words)
    default: break
    }
  }

  @discardableResult
  private func request(_ head: Lent, isFinal: Bool = true) -> Int64? {
    let stream = connection?.openStream()
    send(stream, [head], isFinal: isFinal)
    return stream
  }

  private func send(_ stream: Int64?, _ pieces: [Lent], more: Lent? = nil, isFinal: Bool = false) {
    guard let stream else { return }
    outs[stream] = Out(pieces: pieces, more: more, isFinal: isFinal)
    connection?.wake()
  }

  /// What it does now and then, some ten times a second; floods, as often as it can.
  func tick() {
    guard let connection, !isOver else { return }
    if let (stream, piece) = dripping {
      outs[stream, default: Out(pieces: [])].pieces.append(piece)
      connection.wake()
    }
    if kind == .unfinished { request(Frames.unfinished, isFinal: false) }
    if kind == .tickets { for _ in 0..<50 where request(Frames.ticket(CommandLine.environmentKey)) == nil { break } }
    if kind == .stops { for _ in 0..<50 where request(Frames.file) == nil { break } }
    guard kind == .resets || kind == .largeHeads || kind == .blanks else { return }
    for _ in 0..<50 {
      guard let stream = request(kind == .resets ? Frames.page : kind == .blanks ? Frames.blank : Frames.large) else {
        break
      }
      if kind == .resets { connection.reset(stream: stream, error: 0x10C) }
    }
  }

  override func pull(_ connection: Connection, _ out: UnsafeMutablePointer<cquic_outgoing>) -> Bool {
    for (stream, state) in outs where !state.isBlocked {
      guard let piece = state.pieces.first ?? state.more else { continue }
      out.pointee.stream = stream
      out.pointee.count = 1
      out.pointee.vectors.0 = cquic_vector(
        bytes: piece.bytes.baseAddress.map { $0 + state.offset }, length: piece.bytes.count - state.offset)
      out.pointee.fin = state.isFinal && state.pieces.count == 1 ? 1 : 0
      return true
    }
    return false
  }

  override func took(_ connection: Connection, stream: Int64, count: UInt64, isFinal: Bool) {
    guard var out = outs[stream] else { return }
    out.offset += Int(count)
    let length = (out.pieces.first ?? out.more)?.bytes.count ?? 0
    if out.offset >= length {
      out.offset = 0
      if !out.pieces.isEmpty { out.pieces.removeFirst() }
    }
    outs[stream] = isFinal ? nil : out
  }

  override func refused(_ connection: Connection, stream: Int64, isGone: Bool) {
    if isGone { outs[stream] = nil } else { outs[stream]?.isBlocked = true }
  }

  override func credited(_ connection: Connection, stream: Int64) {
    outs[stream]?.isBlocked = false
    connection.wake()
  }

  override func received(_ connection: Connection, stream: Int64, bytes: UnsafeRawBufferPointer, isFinal: Bool) {
    if kind == .stops { connection.stop(stream: stream, error: 0x10C) }
    if kind != .windowsOfNothing { connection.consumed(stream: stream, count: bytes.count) }
  }

  override func closed(_ connection: Connection, stream: Int64, error: UInt64?) { outs[stream] = nil }

  override func ended(_ connection: Connection, _ reason: CloseReason) {
    isOver = true
    wasCut = self.connection == nil || kind != .handshakes
    self.connection = nil
  }
}
