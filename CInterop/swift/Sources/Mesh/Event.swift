// SPDX-License-Identifier: Apache-2.0
import CMesh

/// Something that happened. Errors are nil when all went well. Treat what you do not know with `default`.
public enum Event: ~Escapable {
  /// A message for a protocol that is served here. It counts as delivered with the next `events`, unless kept.
  case message(MessageID, Lent)
  /// A message has left this node; asked for with `.tellSent`.
  case sent(MessageID, token: UInt64)
  /// No link could carry a message, and it is kept on disk until one can; asked for with `.tellStored`.
  case stored(MessageID, token: UInt64)
  /// What became of a message: nil = the receiving application has released it.
  case settled(MessageID, token: UInt64, MeshError?)
  /// A peer opened a stream.
  case stream(StreamID, Lent)
  /// Bytes of a stream.
  case data(StreamID, Lent)
  /// The peer's side of a stream has ended; with `.reset` the number is the peer's own.
  case streamEnd(StreamID, token: UInt64, MeshError?, number: UInt64)
  /// The peer reads no more of a stream; the number is its own.
  case streamStop(StreamID, token: UInt64, number: UInt64)
  /// A request for a protocol that is served here.
  case request(RequestID, Lent)
  /// A reply to a request of ours.
  case reply(RequestID, Lent)
  /// No more replies to a request of ours; with `.refused` the number and the sentence are the server's own.
  case requestEnd(RequestID, token: UInt64, MeshError?, number: UInt64)
  /// The asker has cancelled, or its deadline passed: an answer is of no use.
  case requestGone(RequestID, token: UInt64)
  /// What `.again` was thrown for has room again: a stream, or nil and a peer.
  case room(StreamID?, Peer)
  /// A peer is connected, or its last link is gone.
  case peer(Peer, MeshError?)
  /// Something happened to one link of a peer; the state is nil for one of a later version.
  case link(Peer, LinkState?, transport: String, sentence: String)
  /// A transport runs and listens, or does not.
  case transport(String, MeshError?, sentence: String)
  /// The daemon is gone (it is attached to again), or nil: is back.
  case home(MeshError?)
  /// A line of the node's log: 1 error, 2 warning, 3 information, 4 debugging.
  case log(level: UInt64, line: String)
  /// A peer was restarted; its streams and requests end by themselves.
  case restarted(Peer)
  /// A kind of a later version of the library.
  case other(UInt32)

  @_lifetime(immortal)
  init(_ event: UnsafePointer<mesh_event>) {
    let raw = event.pointee
    let message = MessageID(rawValue: raw.id)
    let stream = StreamID(rawValue: raw.id)
    let request = RequestID(rawValue: raw.id)
    let peer = Peer(rawValue: raw.peer)
    switch raw.kind {
    case MESH_ON_MESSAGE: self = .message(message, Lent(event))
    case MESH_ON_SENT: self = .sent(message, token: raw.token)
    case MESH_ON_STORED: self = .stored(message, token: raw.token)
    case MESH_ON_SETTLED: self = .settled(message, token: raw.token, raw.error)
    case MESH_ON_STREAM: self = .stream(stream, Lent(event))
    case MESH_ON_DATA: self = .data(stream, Lent(event))
    case MESH_ON_STREAM_END: self = .streamEnd(stream, token: raw.token, raw.error, number: raw.value)
    case MESH_ON_STREAM_STOP: self = .streamStop(stream, token: raw.token, number: raw.value)
    case MESH_ON_REQUEST: self = .request(request, Lent(event))
    case MESH_ON_REPLY: self = .reply(request, Lent(event))
    case MESH_ON_REQUEST_END: self = .requestEnd(request, token: raw.token, raw.error, number: raw.value)
    case MESH_ON_REQUEST_GONE: self = .requestGone(request, token: raw.token)
    case MESH_ON_ROOM: self = .room(raw.id == 0 ? nil : stream, peer)
    case MESH_ON_PEER: self = .peer(peer, raw.error)
    case MESH_ON_LINK:
      self = .link(peer, LinkState(rawValue: raw.value), transport: raw.metaText, sentence: raw.text)
    case MESH_ON_TRANSPORT: self = .transport(raw.metaText, raw.error, sentence: raw.text)
    case MESH_ON_HOME: self = .home(raw.error)
    case MESH_ON_LOG: self = .log(level: raw.value, line: raw.text)
    case MESH_ON_RESTARTED: self = .restarted(peer)
    default: self = .other(raw.kind)
    }
  }
}

extension mesh_event {
  fileprivate var text: String { String(decoding: UnsafeBufferPointer(start: data, count: Int(len)), as: UTF8.self) }
  fileprivate var metaText: String {
    String(decoding: UnsafeBufferPointer(start: meta, count: Int(meta_len)), as: UTF8.self)
  }
  fileprivate var error: MeshError? {
    code == 0 ? nil : MeshError(code: ErrorCode(rawValue: code), sentence: text)
  }
}
