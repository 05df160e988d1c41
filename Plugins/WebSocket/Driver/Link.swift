import CMeshABI
import Glibc
import TransportBytes
// SPDX-License-Identifier: Apache-2.0
import TransportDriver
import TransportTLS
import WebSocketCore

/// One link and all that it holds. `Instance` works on it; nothing here calls out.
final class Link {
  /// Where a link is in its life.
  enum Phase {
    case resolving
    case connecting
    case proxy
    case tls
    case upgrading
    case open
    case closing
    case gone
  }

  let id: UInt64
  let slot: UInt32
  let generation: UInt16
  let role: Role
  var phase: Phase
  var descriptor: Int32 = -1
  var mask: UInt32 = 0
  /// When the present phase has to be over.
  var deadline: UInt64 = MESH_DEADLINE_NONE
  /// Position in `Instance.timed`, or -1.
  var timedIndex = -1

  /// What is dialled, or what was listened to.
  let address: WebSocketAddress
  var dial: Dial?
  var proxy: ProxyHandshake?
  var request: UpgradeRequest?
  var policy: UpgradePolicy?
  /// Bytes of the handshake that arrived; nil once the link is up.
  var handshake: ByteBuffer? = ByteBuffer(capacity: 1024)
  var tls: TLSSession?

  /// Handshake text and control frames that wait for a frame boundary.
  let pending = ByteBuffer(capacity: 256)
  var queue: SendQueue
  var masks: MaskGenerator
  var returnedFrames: UInt32 = 0
  var returnedBytes: UInt64 = 0
  var isTouched = false

  var incoming = IncomingFrame()
  /// Bytes that were read and wait for a buffer of the pool.
  var stash: ByteBuffer?
  var isStarved = false
  var hasUnreadTLS = false

  var closeSent = false
  var closeReceived = false
  /// How the end is reported once the goodbye is over.
  var ending = Failure(MESH_E_CLOSED, MESH_CLASS_NONE, "closed")

  init(
    id: UInt64, slot: UInt32, generation: UInt16, role: Role, phase: Phase, address: WebSocketAddress,
    queueFrames: Int, seed: UInt64
  ) {
    self.id = id
    self.slot = slot
    self.generation = generation
    self.role = role
    self.phase = phase
    self.address = address
    queue = SendQueue(capacity: queueFrames)
    masks = MaskGenerator(seed: seed)
  }

  deinit {
    queue.deallocate()
    incoming.deallocate()
  }

  /// True once UP was reported, so that the end is DOWN and not FAILED.
  var wasUp: Bool { handshake == nil }

  func token(_ kind: Token.Kind = .link, attempt: UInt8 = 0) -> UInt64 {
    Token(kind, slot: slot, generation: generation, attempt: attempt).raw
  }
}
