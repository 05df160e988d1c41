// SPDX-License-Identifier: Apache-2.0
import CMeshABI
import MeshEventLoop
import MeshMultiplexer
import MeshNode
import MeshSession
import MeshTransportManager
import MeshWire

/// What the application asks of a peer, as far as it is the same whenever the request is made.
struct RequestWish {
  let id: UInt64
  let peer: Peer
  let preamble: StreamPreamble
  let isIdempotent: Bool
  /// Sixteen bytes, or nil.
  let key: [UInt8]?
  /// Monotonic nanoseconds.
  let deadline: UInt64
}

/// Requests of one peer that wait for its room, in the order of asking.
struct WaitingRequests {
  private var entries = SlidingQueue<(wish: RequestWish, body: [UInt8])>()

  var first: (wish: RequestWish, body: [UInt8])? { entries.first }
  var isEmpty: Bool { entries.isEmpty }

  mutating func append(_ wish: RequestWish, _ body: [UInt8]) { entries.append((wish, body)) }

  mutating func removeFirst() { entries.popFirst() }

  /// Takes out one that is not wanted any more.
  mutating func forget(_ id: UInt64) { remove { $0.id == id } }

  /// Takes out those whose deadline has passed.
  mutating func takeExpired(_ now: UInt64) -> [UInt64] {
    var expired: [UInt64] = []
    for index in 0..<entries.count where entries[index].wish.deadline <= now { expired.append(entries[index].wish.id) }
    if !expired.isEmpty { remove { $0.deadline <= now } }
    return expired
  }

  private mutating func remove(where isGone: (RequestWish) -> Bool) {
    var kept = SlidingQueue<(wish: RequestWish, body: [UInt8])>()
    for index in 0..<entries.count where !isGone(entries[index].wish) { kept.append(entries[index]) }
    entries = kept
  }
}

/// Requests that wait until the peer allows another stream, or the class's queue has room.
extension ApplicationPort {
  func wait(_ wish: RequestWish, _ body: [UInt8]) {
    requestsToMake[wish.peer.handle.rawValue, default: WaitingRequests()].append(wish, body)
    patience.watchRequests(of: self)
  }

  /// Makes those for which there is room now.
  func makeWaitingRequests() {
    guard !requestsToMake.isEmpty else { return }
    var hasMade = false
    for peer in Array(requestsToMake.keys) {
      while let (wish, body) = requestsToMake[peer]?.first {
        guard body.withUnsafeBytes({ make(wish, $0) }) else { break }
        hasMade = true
        requestsToMake[peer]?.removeFirst()
      }
      if requestsToMake[peer]?.isEmpty == true { requestsToMake[peer] = nil }
    }
    if hasMade { node.wantTurn() }
  }

  /// Ends those whose deadline has passed; false when none is left.
  func expireWaitingRequests(now: UInt64) -> Bool {
    for peer in Array(requestsToMake.keys) {
      for id in requestsToMake[peer]?.takeExpired(now) ?? [] { dropRequest(id, code: MESH_E_TIMEOUT) }
      if requestsToMake[peer]?.isEmpty == true { requestsToMake[peer] = nil }
    }
    makeWaitingRequests()
    return !requestsToMake.isEmpty
  }
}
