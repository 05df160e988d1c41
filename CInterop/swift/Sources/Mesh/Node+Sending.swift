// SPDX-License-Identifier: Apache-2.0
import CMesh

extension Node {
  /// Accepts a message for a peer. It is kept until the receiving application has released it, over the death of any
  /// link. `.again` when there is no room: `Event.room` follows.
  @discardableResult
  public func send(
    to peer: Peer, _ name: String, _ body: RawSpan, _ options: SendOptions = SendOptions()
  ) throws(MeshError) -> MessageID {
    var number: UInt64 = 0
    let answer = try options.withRaw { raw in
      Node.withSlice(body) { mesh_send(handle, peer.rawValue, name, $0, 1, raw, &number) }
    }
    try MeshError.check(answer)
    return MessageID(rawValue: number)
  }

  /// The same of an array.
  @discardableResult
  public func send(
    to peer: Peer, _ name: String, _ body: [UInt8], _ options: SendOptions = SendOptions()
  ) throws(MeshError) -> MessageID {
    try send(to: peer, name, body.span.bytes, options)
  }

  /// Sends an unreliable message to every connected peer; answers how many they are.
  @discardableResult
  public func broadcast(_ name: String, _ body: [UInt8]) throws(MeshError) -> Int {
    let answer = try SendOptions(.unreliable).withRaw { raw in
      Node.withSlice(body.span.bytes) { mesh_broadcast(handle, name, $0, 1, raw) }
    }
    return try MeshError.check(answer)
  }

  /// Asks a peer: one request, one or more replies, one end.
  public func request(
    _ peer: Peer, _ name: String, _ body: [UInt8], _ options: SendOptions = SendOptions()
  ) throws(MeshError) -> RequestID {
    var number: UInt64 = 0
    let answer = try options.withRaw { raw in
      Node.withSlice(body.span.bytes) { mesh_request(handle, peer.rawValue, name, $0, 1, raw, &number) }
    }
    try MeshError.check(answer)
    return RequestID(rawValue: number)
  }

  /// Answers a request; with `more` further replies follow.
  public func reply(_ request: RequestID, _ body: [UInt8], more: Bool = false) throws(MeshError) {
    let answer = Node.withSlice(body.span.bytes) {
      mesh_reply(handle, request.rawValue, $0, 1, more ? MESH_REPLY_MORE : 0)
    }
    try MeshError.check(answer)
  }

  /// Refuses a request with a number of your own below 2^60 and a sentence of at most 512 bytes.
  public func refuse(_ request: RequestID, code: UInt64, _ sentence: String? = nil) throws(MeshError) {
    try MeshError.check(mesh_refuse(handle, request.rawValue, code, sentence))
  }

  /// Gives a request up; the end comes as an event.
  public func cancel(_ request: RequestID) throws(MeshError) {
    try MeshError.check(mesh_cancel(handle, request.rawValue))
  }

  /// Gives up on a message that has not left yet; the end comes as an event.
  public func cancel(_ message: MessageID) throws(MeshError) {
    try MeshError.check(mesh_cancel(handle, message.rawValue))
  }

  /// The slice lives for the call.
  static func withSlice(_ body: RawSpan, _ call: (UnsafePointer<mesh_slice>) -> Int32) -> Int32 {
    body.withUnsafeBytes { bytes in
      var slice = mesh_slice(data: bytes.baseAddress, len: bytes.count)
      return call(&slice)
    }
  }
}
