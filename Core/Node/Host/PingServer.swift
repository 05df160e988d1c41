// SPDX-License-Identifier: Apache-2.0
import MeshEventLoop
import MeshMultiplexer
import MeshSession
import MeshWire

/// `/mesh/ping/1`: a request whose reply is the request.
final class PingServer: RequestServer {
  static let name = "/mesh/ping/1"
  static let sizeLimit = 1024
  private unowned let node: Node

  init(node: Node) { self.node = node }

  override func permits(_ peer: Peer) -> Bool { node.permits(peer, Self.name) }

  override func received(_ request: IncomingRequest, of core: NodeCore) {
    let now = node.loop.now
    guard request.body.count <= Self.sizeLimit else {
      return core.refuse(request.reference, code: StreamCode.failed, text: "the question is too long", now: now)
    }
    try? core.reply(request.body, to: request.reference, now: now)
    core.finish(request.reference, now: now)
    node.wantTurn()
  }
}

/// One question to `/mesh/ping/1`.
final class PingRequest: RequestHandler {
  private let sentAt = MonotonicClock.read()
  private var answer: ((UInt64?) -> Void)?

  /// `answer` gets the nanoseconds, or nil when there was no reply; it is called once at most.
  init(_ answer: @escaping (UInt64?) -> Void) { self.answer = answer }

  private func give(_ value: UInt64?) {
    let answer = answer
    self.answer = nil
    answer?(value)
  }

  override func replied(_ reply: Reply, to request: RequestReference, of node: NodeCore) {
    give(MonotonicClock.read() - sentAt)
  }
  override func finished(_ request: RequestReference, of node: NodeCore) { give(nil) }
  override func failed(_ request: RequestReference, _ failure: RequestFailure, of node: NodeCore) { give(nil) }
}

extension Node {
  /// Asks a peer for an answer, and waits for a path to it. `answer` gets the nanoseconds, or nil when there was none;
  /// `NodeCore.cancel` gives up.
  public func ping(_ peer: NodeID, _ answer: @escaping (UInt64?) -> Void) throws(NodeError) -> RequestReference {
    let body: [UInt8] = [0, 1, 2, 3, 4, 5, 6, 7]
    let request = try body.withUnsafeBufferPointer { (bytes) throws(NodeError) in
      try core.request(
        to: peer, protocol: PingServer.name, trafficClass: .interactive, body: UnsafeRawBufferPointer(bytes),
        options: RequestOptions(replyLimit: PingServer.sizeLimit, waitsForPath: true), handler: PingRequest(answer),
        now: loop.now)
    }
    core.want(peer, now: loop.now)
    wantTurn()
    return request
  }
}
