// SPDX-License-Identifier: Apache-2.0
import MeshMultiplexer
import MeshNode

/// Notes what a caller hears.
final class Caller: RequestHandler {
  var replies: [[UInt8]] = []
  var credits: [Int] = []
  var finishedCount = 0
  var failures: [RequestFailure] = []
  var onReply: (RequestReference, NodeCore) -> Void = { _, _ in }

  var ends: Int { finishedCount + failures.count }
  var hasEnded: Bool { ends > 0 }

  override func replied(_ reply: Reply, to request: RequestReference, of node: NodeCore) {
    replies.append(Array(reply.body))
    credits.append(reply.credit)
    onReply(request, node)
  }
  override func finished(_ request: RequestReference, of node: NodeCore) { finishedCount += 1 }
  override func failed(_ request: RequestReference, _ failure: RequestFailure, of node: NodeCore) {
    failures.append(failure)
  }
}

/// Notes what it is asked and does what the test says.
final class Server: RequestServer {
  struct Seen {
    var reference: ServedRequestReference
    var body: [UInt8]
    var metadata: [UInt8]
    var remaining: UInt64?
    var key: [UInt8]?
    var isRepeated: Bool
  }

  var seen: [Seen] = []
  var cancelled: [(ServedRequestReference, RequestCancellation)] = []
  var writableCalls = 0
  var isOpen = true
  var onRequest: (ServedRequestReference, NodeCore) -> Void = { _, _ in }

  override func permits(_ peer: Peer) -> Bool { isOpen }

  override func received(_ request: IncomingRequest, of node: NodeCore) {
    seen.append(
      Seen(
        reference: request.reference, body: Array(request.body), metadata: request.metadata,
        remaining: request.remaining, key: request.idempotencyKey.map { Array($0) }, isRepeated: request.isRepeated))
    onRequest(request.reference, node)
  }
  override func cancelled(_ request: ServedRequestReference, _ reason: RequestCancellation, of node: NodeCore) {
    cancelled.append((request, reason))
  }
  override func writable(_ request: ServedRequestReference, of node: NodeCore) { writableCalls += 1 }
}

extension CorePair {
  /// Node 0 asks node 1.
  func ask(
    _ body: [UInt8] = [1, 2, 3], metadata: [UInt8] = [], options: RequestOptions = RequestOptions(), _ caller: Caller
  ) throws -> RequestReference {
    try body.withUnsafeBytes { bytes in
      Result { () throws(NodeError) in
        try a.request(
          to: id(1), protocol: "/ask/1", metadata: metadata, body: bytes, options: options, handler: caller, now: now)
      }
    }.get()
  }

  /// Node 1 replies.
  func reply(_ body: [UInt8], to request: ServedRequestReference) throws {
    try body.withUnsafeBytes { bytes in
      Result { () throws(SendRefusal) in try b.reply(bytes, to: request, now: now) }
    }.get()
  }
}
