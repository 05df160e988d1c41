// SPDX-License-Identifier: Apache-2.0
import CApplication
import MeshNode

/// A request of a peer that the application answers.
final class AnsweredRequest {
  let id: UInt64
  let token: UInt64
  let peer: UInt64
  let reference: ServedRequestReference
  let served: ServedProtocol
  /// The request itself, while the sink has no room for it.
  var event: PortEvent?
  /// Replies that the node does not take now, the oldest first.
  var pending = SlidingQueue<[UInt8]>()
  /// The last reply is among the pending ones.
  var isFinishing = false
  /// It is answered, refused or gone; only its body is held.
  var isOver = false
  var isBodyHeld = true

  // Sums of costs of replies.
  var accepted: UInt64 = 0
  var taken: UInt64 = 0
  var told: UInt64 = 0
  var isToTell = false

  init(id: UInt64, token: UInt64, peer: UInt64, reference: ServedRequestReference, served: ServedProtocol) {
    self.id = id
    self.token = token
    self.peer = peer
    self.reference = reference
    self.served = served
  }
}
