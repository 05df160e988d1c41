import CMeshABI
import Glibc
// SPDX-License-Identifier: Apache-2.0
import TransportDriver
import TransportTLS
import WebSocketCore

/// One instance of the plugin: its listeners, its links and what they share. Everything runs on the loop's thread.
final class Instance {
  /// Bytes that all links together read or write in one turn: about half a millisecond of work, so that what is urgent
  /// does not wait behind more.
  static let turnBytes = 1 << 20
  /// Bytes of the scratch space that reads end in.
  static let scratchBytes = 65_536
  /// Buffers of a batch to or from the host, and parts of one write.
  static let batch = Batch.limit

  let host: Host
  var settings: Settings
  var credentials = Credentials()

  var links: [UInt64: Link] = [:]
  var slots: [Link?] = []
  var generations: [UInt16] = []
  var freeSlots: [UInt32] = []
  /// Links with a deadline; few, because an open link has none.
  var timed: [Link] = []
  /// Links that wait for buffers of the pool.
  var starved: [Link] = []
  /// Links whose TLS session holds bytes that the socket no longer announces.
  var unread: [Link] = []
  /// Links that have something to flush or to give back at the end of the call.
  var touched: [Link] = []
  /// Those of `touched` that are being finished.
  var finishing: [Link] = []
  var listeners: [UInt64: Listener] = [:]
  var listenerSlots: [UInt32: Listener] = [:]
  var nextListenerSlot: UInt32 = 0
  /// When listeners that ran out of descriptors try again.
  var resumeAccepting: UInt64 = MESH_DEADLINE_NONE
  var handshakes = 0
  let offloaded = OffloadedWork()
  /// Links that are dialled once the certificates to trust are read.
  var waitingForAuthorities: [UInt64] = []

  let scratch = UnsafeMutableRawPointer.allocate(byteCount: Instance.scratchBytes + 16, alignment: 64)
  let vectors = UnsafeMutablePointer<iovec>.allocate(capacity: Instance.batch + 1)
  var arrived = Batch()
  var completed = Batch()
  var small = BufferCache(capacity: 2048, refill: 32)
  var large = BufferCache(capacity: 65_536, refill: 4)
  var budget = 0

  var isStopping = false
  var stopDeadline: UInt64 = MESH_DEADLINE_NONE
  var hasStopped = false
  var inReady = false
  var announcedDeadline: UInt64 = MESH_DEADLINE_NONE
  var figures = Figures()

  init(host: Host, settings: Settings) {
    self.host = host
    self.settings = settings
  }

  deinit {
    for descriptor in links.values.map(\.descriptor) where descriptor >= 0 { close(descriptor) }
    scratch.deallocate()
    vectors.deallocate()
    arrived.deallocate()
    completed.deallocate()
    small.deallocate()
    large.deallocate()
  }

  func report(_ kind: UInt32, link: UInt64 = 0, listener: UInt64 = 0, _ failure: Failure? = nil, text: String = "") {
    var sentence = failure?.sentence ?? text
    sentence.withUTF8 { bytes in
      var event = mesh_link_event()
      event.kind = kind
      event.link = link
      event.listener = listener
      event.code = failure?.code ?? MESH_OK
      event.fclass = failure?.category ?? MESH_CLASS_NONE
      event.data.ptr = UnsafeRawPointer(bytes.baseAddress)
      event.data_len = UInt32(min(bytes.count, Int(MESH_EVENT_PAYLOAD_MAX)))
      host.event(&event)
    }
  }

  /// A link in a slot of its own; nil when there are too many.
  func makeLink(id: UInt64, role: Role, phase: Link.Phase, address: WebSocketAddress) -> Link? {
    guard links.count < settings.maximumLinks, links[id] == nil else { return nil }
    let slot: UInt32
    if let free = freeSlots.popLast() {
      slot = free
    } else {
      slot = UInt32(slots.count)
      slots.append(nil)
      generations.append(0)
    }
    generations[Int(slot)] &+= 1
    let link = Link(
      id: id, slot: slot, generation: generations[Int(slot)], role: role, phase: phase, address: address,
      queueFrames: settings.queueFrames, seed: Random.word())
    slots[Int(slot)] = link
    links[id] = link
    handshakes += 1
    return link
  }

  func forget(_ link: Link) {
    setDeadline(link, MESH_DEADLINE_NONE)
    slots[Int(link.slot)] = nil
    links[link.id] = nil
    freeSlots.append(link.slot)
    starved.removeAll { $0 === link }
    unread.removeAll { $0 === link }
    if !link.wasUp { handshakes -= 1 }
  }

  func link(_ token: Token) -> Link? {
    guard Int(token.slot) < slots.count, generations[Int(token.slot)] == token.generation else { return nil }
    return slots[Int(token.slot)]
  }

  func setMask(_ link: Link, _ mask: UInt32) {
    guard link.mask != mask, link.descriptor >= 0 else { return }
    link.mask = mask
    if !host.watch(link.descriptor, mask, link.token()) {
      end(link, Failure(MESH_E_LIMIT, MESH_CLASS_RESOURCE, "the host cannot watch the descriptor"))
    }
  }

  func setDeadline(_ link: Link, _ deadline: UInt64) {
    link.deadline = deadline
    if deadline == MESH_DEADLINE_NONE {
      guard link.timedIndex >= 0, let last = timed.last else { return }
      timed[link.timedIndex] = last
      last.timedIndex = link.timedIndex
      timed.removeLast()
      link.timedIndex = -1
    } else if link.timedIndex < 0 {
      link.timedIndex = timed.count
      timed.append(link)
    }
  }

  /// Marks a link for `finishCall`.
  @inline(__always)
  func touch(_ link: Link) {
    guard !link.isTouched else { return }
    link.isTouched = true
    touched.append(link)
  }
}
