// SPDX-License-Identifier: Apache-2.0
import CMesh

/// Bytes that an event lends until the closure that received it returns. The compiler lets neither them nor the event
/// out of it; copy what you need longer, or `Node.keep` it.
public struct Lent: ~Escapable {
  let event: UnsafePointer<mesh_event>

  @_lifetime(immortal)
  init(_ event: UnsafePointer<mesh_event>) { self.event = event }

  /// The body or piece.
  public var bytes: RawSpan {
    @_lifetime(copy self)
    get {
      let buffer = UnsafeRawBufferPointer(start: event.pointee.data, count: Int(event.pointee.len))
      return _overrideLifetime(RawSpan(_unsafeBytes: buffer), copying: self)
    }
  }

  /// A copy of the body or piece.
  public var array: [UInt8] { Array(UnsafeBufferPointer(start: event.pointee.data, count: Int(event.pointee.len))) }

  /// A copy of it as text.
  public var text: String {
    String(decoding: UnsafeBufferPointer(start: event.pointee.data, count: Int(event.pointee.len)), as: UTF8.self)
  }

  /// A copy of what came beside it: a request's or stream's metadata, a message's idempotency key.
  public var meta: [UInt8] { Array(UnsafeBufferPointer(start: event.pointee.meta, count: Int(event.pointee.meta_len))) }

  /// How many bytes the body or piece has.
  public var count: Int { Int(event.pointee.len) }
  /// Who sent it. Streams name their peer once, when they are opened.
  public var peer: Peer { Peer(rawValue: event.pointee.peer) }
  /// Your own word, given when the protocol was served, the stream opened or the request asked.
  public var token: UInt64 { event.pointee.token }
  /// Milliseconds that a message or request is still of use; nil = no limit.
  public var timeLeft: UInt64? { event.pointee.value > 0 ? event.pointee.value : nil }
  /// It may have been seen before, by its key: either node was restarted meanwhile.
  public var isRepeated: Bool { UInt32(event.pointee.flags) & MESH_EVENT_REPEATED != 0 }
  /// Of a reply: the only or last one; the end follows.
  public var isLast: Bool { UInt32(event.pointee.flags) & MESH_EVENT_LAST != 0 }
}
