// SPDX-License-Identifier: Apache-2.0
import MeshNode

/// A request of the application that has not ended.
struct PortRequest {
  let id: UInt64
  let token: UInt64
  let peer: UInt64
  let cost: UInt64
  /// Nil while it waits for the peer's room.
  var reference: RequestReference?
  /// Replies that found the sink full.
  var waiting: [PortEvent] = []

  var isWaiting: Bool { !waiting.isEmpty }
}

/// Requests of an application and the replies that it holds.
struct PortRequests {
  struct HeldReply {
    var reference: RequestReference
    var credit: Int
  }

  private(set) var byID: [UInt64: PortRequest] = [:]
  private var idOf: [RequestReference: UInt64] = [:]
  private var replies: [UInt64: HeldReply] = [:]
  private var lastReply: UInt64 = 0
  private var waiting: [RequestReference] = []
  /// Of all that have not ended.
  private(set) var cost: UInt64 = 0

  /// Numbers of replies; see `HeldMessages.mark`.
  static let replyMark: UInt64 = 1 << 62 | 2 << 60

  subscript(reference: RequestReference) -> PortRequest? {
    get { idOf[reference].flatMap { byID[$0] } }
    set { if let id = idOf[reference] { byID[id] = newValue } }
  }

  mutating func add(_ request: PortRequest) {
    byID[request.id] = request
    if let reference = request.reference { idOf[reference] = request.id }
    cost += request.cost
  }

  mutating func remove(_ reference: RequestReference) -> PortRequest? {
    guard let id = idOf.removeValue(forKey: reference), let request = byID.removeValue(forKey: id) else { return nil }
    cost -= request.cost
    return request
  }

  /// A request that has waited was made.
  mutating func begin(_ id: UInt64, _ reference: RequestReference) {
    byID[id]?.reference = reference
    idOf[reference] = id
  }

  /// A request that has waited ends without having been made.
  mutating func drop(_ id: UInt64) -> PortRequest? {
    guard let request = byID.removeValue(forKey: id) else { return nil }
    cost -= request.cost
    return request
  }

  /// Keeps an event until the sink has room.
  mutating func keep(_ event: PortEvent, of reference: RequestReference) {
    guard let id = idOf[reference] else { return }
    byID[id]?.waiting.append(event)
    wait(reference)
  }

  mutating func wait(_ reference: RequestReference) { if !waiting.contains(reference) { waiting.append(reference) } }

  mutating func takeWaiting() -> [RequestReference] {
    let taken = waiting
    waiting = []
    return taken
  }

  /// The number of a reply whose credit is given back with `release`.
  mutating func hold(_ reference: RequestReference, credit: Int) -> UInt64 {
    lastReply += 1
    replies[Self.replyMark | lastReply] = HeldReply(reference: reference, credit: credit)
    return Self.replyMark | lastReply
  }

  mutating func release(_ number: UInt64) -> HeldReply? { replies.removeValue(forKey: number) }

  /// All that are under way and all replies held, for the end.
  mutating func takeAll() -> (requests: [RequestReference], replies: [HeldReply]) {
    let taken = (byID.values.compactMap(\.reference), Array(replies.values))
    self = PortRequests()
    return taken
  }
}
