// SPDX-License-Identifier: Apache-2.0
import CMeshABI
import MeshEventLoop
import MeshMultiplexer
import MeshNode
import MeshSession
import MeshTransportManager

/// Requests that wait until the peer allows another stream, or the class's queue has room.
extension ApplicationPort {
  /// Requests that wait.
  public var waitingRequestCount: Int { requestsToMake.values.reduce(0) { $0 + $1.count } }

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
