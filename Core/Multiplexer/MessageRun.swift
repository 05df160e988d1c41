// SPDX-License-Identifier: Apache-2.0

import MeshSession
import MeshWire

/// One message as its receiver sees it. The memory is lent until the handler returns.
public struct Message {
  /// The bytes of the message.
  public let body: UnsafeRawBufferPointer
  /// Sixteen bytes by which a repetition after a crash is recognised, or nil.
  public let idempotencyKey: UnsafeRawBufferPointer?
  /// What was left of its lifetime when it was sent, in milliseconds, or nil for no limit.
  public let lifetime: UInt64?
  /// Set in the last record of a request's replies when the server refuses the request.
  public let refusal: MessageRefusal?
}

/// Why a server refuses a request: the value of a record's option 3, code (8) ‖ text.
public struct MessageRefusal {
  /// `StreamCode`, or a code of the protocol's own from 256 on.
  public let code: UInt64
  /// A few words for people, at most `textLimit` bytes. The memory is lent like the message's.
  public let text: UnsafeRawBufferPointer

  /// Bytes of the longest text.
  public static let textLimit = 200
}

/// Whole messages that arrived together: the handler takes as many as it wants.
///
/// A record is header ‖ [options] ‖ body. The header is a QUIC varint: length of the body × 4 + flags, where 1 = an
/// options block (its length in one byte) follows, 2 = void, to be skipped.
public struct MessageRun {
  static let hasOptions: UInt64 = 1
  static let isVoid: UInt64 = 2
  static let keyOption: UInt8 = 1
  static let lifetimeOption: UInt8 = 2
  static let refusalOption: UInt8 = 3

  private let bytes: UnsafeRawBufferPointer
  private let limit: UInt64
  /// Bytes taken so far.
  public private(set) var consumed = 0
  /// What was wrong with a record, if anything.
  private(set) var violation: SessionError?

  /// The stream ends behind these bytes, as far as is known.
  private let reachesEnd: Bool

  init(_ bytes: UnsafeRawBufferPointer, limit: UInt64, reachesEnd: Bool = false) {
    self.bytes = bytes
    self.limit = limit
    self.reachesEnd = reachesEnd
  }

  /// Nothing follows what was taken: the stream's end has come with it.
  public var isAtEnd: Bool { reachesEnd && consumed == bytes.count }

  /// The next whole message, or nil when the rest must wait.
  public mutating func next() -> Message? {
    while true {
      let left = bytes.count &- consumed
      guard left > 0, violation == nil else { return nil }
      let base = bytes.baseAddress.unsafelyUnwrapped + consumed
      // Bodies below 16 bytes have a one-byte header, those below 4 KiB one of two bytes.
      guard let (header, size) = Varint.decode(base, available: left) else { return nil }
      let length = header >> 2
      guard length <= limit else {
        violation = .protocolViolation("a message is larger than the limit")
        return nil
      }
      var at = size
      var key: UnsafeRawBufferPointer?
      var lifetime: UInt64?
      var refusal: MessageRefusal?
      if header & Self.hasOptions != 0 {
        guard left > at else { return nil }
        let room = Int(base.load(fromByteOffset: at, as: UInt8.self))
        guard left >= at + 1 + room else { return nil }
        guard parse(.init(start: base + at + 1, count: room), &key, &lifetime, &refusal) else {
          violation = .protocolViolation("malformed message options")
          return nil
        }
        at += 1 + room
      }
      guard left - at >= Int(length) else { return nil }
      consumed += at + Int(length)
      if header & Self.isVoid != 0 { continue }
      return Message(
        body: .init(start: base + at, count: Int(length)), idempotencyKey: key, lifetime: lifetime, refusal: refusal)
    }
  }

  private func parse(
    _ options: UnsafeRawBufferPointer, _ key: inout UnsafeRawBufferPointer?, _ lifetime: inout UInt64?,
    _ refusal: inout MessageRefusal?
  ) -> Bool {
    var at = 0
    while at < options.count {
      guard at + 2 <= options.count else { return false }
      let id = options[at]
      let length = Int(options[at + 1])
      guard at + 2 + length <= options.count else { return false }
      let value = UnsafeRawBufferPointer(rebasing: options[(at + 2)..<(at + 2 + length)])
      if id == Self.keyOption {
        guard length == 16 else { return false }
        key = value
      } else if id == Self.lifetimeOption {
        guard length == 8 else { return false }
        lifetime = UInt64(bigEndian: value.loadUnaligned(as: UInt64.self))
      } else if id == Self.refusalOption {
        guard length >= 8, length <= 8 + MessageRefusal.textLimit else { return false }
        refusal = MessageRefusal(
          code: UInt64(bigEndian: value.loadUnaligned(as: UInt64.self)),
          text: UnsafeRawBufferPointer(rebasing: value[8...]))
      }
      at += 2 + length
    }
    return true
  }
}
