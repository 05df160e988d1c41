// SPDX-License-Identifier: Apache-2.0

import MeshMultiplexer
import MeshSession
import MeshWire

extension NodeCore {
  /// Serves the requests of a protocol for all peers. There is one server for a name; `stopServing` ends it.
  /// - Parameter releasesByHand: bodies count against the peer's credit until `releaseBody`.
  public func serveRequests(
    _ name: String, with server: RequestServer, releasesByHand: Bool = false
  ) throws(NodeError) {
    try serve(name, with: self.server(ofRequests: name, with: server, releasesByHand: releasesByHand))
  }

  /// What `serveRequests` registers, for a server of the same name that takes messages or streams too and passes on
  /// what is opened as a request.
  public func server(
    ofRequests name: String, with server: RequestServer, releasesByHand: Bool = false
  ) -> any ProtocolServer {
    RequestService(name: name, server: server, releasesByHand: releasesByHand, node: self)
  }

  /// Adds one reply. Throws `again` when the queue is full; `RequestServer.writable` says when to go on.
  public func reply(
    _ body: UnsafeRawBufferPointer, to request: ServedRequestReference, now: UInt64
  ) throws(SendRefusal) {
    self.now = now
    guard let request = servedRequests[request] else { throw .closed }
    try request.reply(body, now: now)
  }

  /// All replies have been given; the reference is gone.
  public func finish(_ request: ServedRequestReference, now: UInt64) {
    self.now = now
    servedRequests[request]?.finish()
  }

  /// Ends a request with a code, an application's own from 256 on, and a short text, cut to 200 bytes of UTF-8.
  public func refuse(_ request: ServedRequestReference, code: UInt64, text: String = "", now: UInt64) {
    self.now = now
    servedRequests[request]?.refuse(code: code, text: Self.cut(text))
  }

  /// Returns the credit of a body when the protocol releases by hand. Also works after the request has ended; the
  /// reference is good until then.
  public func releaseBody(of request: ServedRequestReference, now: UInt64) {
    self.now = now
    servedRequests[request]?.releaseBody()
  }

  /// The text in at most as many bytes as a refusal holds, without half a character at the end.
  private static func cut(_ text: String) -> [UInt8] {
    var bytes: [UInt8] = []
    for scalar in text.unicodeScalars {
      let next = Array(String(scalar).utf8)
      if bytes.count + next.count > MessageRefusal.textLimit { break }
      bytes += next
    }
    return bytes
  }
}
