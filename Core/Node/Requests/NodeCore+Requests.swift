// SPDX-License-Identifier: Apache-2.0

import MeshCrypto
import MeshMultiplexer
import MeshSession
import MeshTransportManager
import MeshWire

extension NodeCore {
  /// Asks a peer. The handler hears of replies and of the end, exactly once; never from inside this call.
  public func request(
    to id: NodeID, protocol name: String, trafficClass: TrafficClass = .normal, metadata: [UInt8] = [],
    body: UnsafeRawBufferPointer, options: RequestOptions = RequestOptions(), handler: RequestHandler, now: UInt64
  ) throws(NodeError) -> RequestReference {
    self.now = now
    var options = options
    if options.isIdempotent {
      if options.idempotencyKey == nil { options.idempotencyKey = random.bytes(16) }
      guard options.idempotencyKey?.count == 16 else { throw .invalidKey }
    } else if options.idempotencyKey != nil {
      throw .invalidKey
    }
    guard let request = requests.take(keeping: options.isIdempotent ? body.count : 0) else { throw .refused(.again) }
    let preamble = StreamPreamble(kind: .request, trafficClass: trafficClass, name: name, metadata: metadata)
    request.begin(preamble, to: id, options: options, handler: handler, now: now)
    do throws(NodeError) { try request.attempt(body, now: now) } catch {
      request.neverBegan()
      throw error
    }
    if options.isIdempotent { request.keep(body) }
    requests.counters.started += 1
    requests.schedule(request)
    return request.reference
  }

  /// Gives a request up: its handler hears `failed` with `cancelled` before this returns, the peer learns of it.
  public func cancel(_ request: RequestReference, now: UInt64) {
    self.now = now
    guard let request = requests[request] else { return }
    request.abandonStream(code: StreamCode.cancelled)
    request.fail(RequestFailure(reason: .cancelled))
  }

  /// No further reply is handed out until `resume`; the peer is held back when its credit is used up.
  public func pause(_ request: RequestReference) { requests[request]?.pause() }

  /// Replies are handed out again, those that wait before this returns.
  public func resume(_ request: RequestReference, now: UInt64) {
    self.now = now
    requests[request]?.resume(now: now)
  }

  /// Returns credit of replies of a request that releases by hand. It may still be given back after the request has
  /// ended; the reference is good until all of it was.
  public func release(_ credit: Int, of request: RequestReference, now: UInt64) {
    self.now = now
    requests[request]?.release(credit, now: now)
  }

  // MARK: paths

  func isWithoutLinks(_ id: NodeID) -> Bool { peers[id]?.links.isEmpty ?? true }

  /// No link is up and none is being made.
  func hasNoPath(to id: NodeID) -> Bool {
    guard let peer = peers[id] else { return true }
    return peer.links.isEmpty && (peer.addresses.isEmpty || transports.isUnreachable(peer.handle))
  }

  func pathProblem(of id: NodeID) -> String {
    guard let peer = peers[id] else { return "the peer is not known any more" }
    return peer.addresses.isEmpty ? "no address is known" : "no path leads to it now"
  }

  /// The shortest round trip of the links to a peer, nanoseconds; 0 when none was measured.
  func roundTrip(to id: NodeID) -> UInt64 {
    var shortest: UInt64 = .max
    for link in peers[id]?.links ?? [] where link.roundTrip > 0 { shortest = min(shortest, link.roundTrip) }
    return shortest == .max ? 0 : shortest
  }
}
