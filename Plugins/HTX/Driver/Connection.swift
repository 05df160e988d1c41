// SPDX-License-Identifier: Apache-2.0
import CMeshABI
import CQUIC
import HTXHTTP3
import HTXLanes
import HTXQUIC
import HTXSite
import HTXTCP
import HTXTickets
import TransportBytes
import TransportDriver
import TransportTLS

/// One connection: a visitor of the site, who may become a link, or a link that is dialled. `Instance` works on it.
final class Connection: LaneLender {
  /// Where a connection is in its life.
  enum Phase {
    case resolving
    case connecting
    case tls
    /// Accepted and no link yet, or dialled and its lanes are not open yet.
    case visiting
    case open
    case closing
    case gone
  }

  unowned(unsafe) let instance: Instance
  /// The same, for calls of each packet, which count no reference to it.
  private let owner: Unmanaged<Instance>
  let slot: UInt32
  let generation: UInt16
  let isServer: Bool
  var phase: Phase
  /// The link's id; 0 for a visitor.
  var link: UInt64 = 0
  /// Once UP was reported the end is DOWN and not FAILED.
  var wasUp = false
  /// When it came up.
  var upAt: UInt64 = 0

  // Of an accepted one.
  var listener: UInt64 = 0
  var remote = SocketAddress()
  var site: Site?
  /// Of a dialled one.
  var address: HTXAddress?
  var dial: Dial?
  var quicDial: QUICDial?
  /// Over TCP because QUIC was not answered, now or lately.
  var isBesideQUIC = false

  /// When QUIC is tried again beside it, and how often that has failed.
  var returnAt: UInt64 = .max
  var returnTries = 0

  // Over HTTP/3.
  var port: Port?
  var http3: HTTP3Connection?
  var laneServer: LaneServer?
  var laneClient: LaneClient?

  // Over TCP.

  var descriptor: Int32 = -1
  var mask: UInt32 = 0
  var deadline: UInt64 = MESH_DEADLINE_NONE
  /// When a dialled one whose lanes are not open ends their bodies: whoever was not let in is answered then.
  var patience: UInt64 = MESH_DEADLINE_NONE
  var hasLostPatience = false
  /// Position in `Instance.timed`, or -1.
  var timedIndex = -1
  var tls: TLSSession?
  var server: ServerConnection?
  var client: ClientConnection?
  var plain: PlainConnection?
  /// It reads a page, beside a link, and is none.
  var isVisit = false
  var page: PageFetch?
  var pageClient: PageClient?
  /// The head of the page's answer was looked at.
  var hasPageHead = false
  /// The UDP port that its site has named, where it is one.
  var alternativePort: UInt16?
  /// Why it reads it.
  var purpose = VisitPurpose.cover
  /// Frames of HTTP on their way into TLS records.
  lazy var frames = ByteBuffer(capacity: 1024)
  var ticketDigest: [UInt8] = []
  /// Of a dialled one: to be shown when a handshake is over.
  var ticket: IssuedTicket?
  /// Where it is made instead, with others, and as which of them.
  var ticketBatch: TicketBatch?
  var ticketOrder = -1
  /// It has had one, so that none is to be made for it any more.
  var hasTakenTicket = false
  /// Of a visitor, once TLS stands.
  var timer: VisitorTimer?

  var cover = IdleCover()
  /// The other end takes padding.
  private(set) var isPadded = false
  var lanes = [Lane](repeating: Lane(), count: LaneNumbers.count)
  /// Lanes that packets have left, or that are held up or no longer; one bit each.
  var lanesWithNews: UInt8 = 0
  /// Its page is answered with the next thing that it sends.
  var owesPage = false
  var isTouched = false
  var isStarved = false
  var hasUnreadTLS = false
  /// Why it has to end, once nothing of HTTP is on the stack.
  var ending: Failure?

  init(_ instance: Instance, slot: UInt32, generation: UInt16, isServer: Bool, phase: Phase) {
    self.instance = instance
    owner = .passUnretained(instance)
    self.slot = slot
    self.generation = generation
    self.isServer = isServer
    self.phase = phase
  }

  func token(_ kind: Token.Kind = .link, attempt: UInt8 = 0) -> UInt64 {
    Token(kind, slot: slot, generation: generation, attempt: attempt).raw
  }

  /// A link that is dialled and is not up.
  var isDial: Bool { !isServer && !isVisit && !wasUp }
  /// What it reads is of interest.
  var isCalibration: Bool { purpose == .calibration }
  /// It is of no use over TCP.
  var isForQUIC: Bool { purpose != .cover && alternativePort != nil }

  /// Whether it goes over QUIC, once that is known.
  var isOverQUIC: Bool { http3 != nil }

  /// The link is up with lane 0 alone, and neither end has needed another.
  var isNarrow = false
  /// Whether both ends know such links.
  var opensLater: Bool { laneServer?.opensLater ?? laneClient?.opensLater ?? false }

  var isEndingLanes: Bool { phase == .closing || hasLostPatience }
  var isUp: Bool { phase == .open || phase == .closing }

  /// The next bytes of HTTP/2 to send.
  func nextFrames() -> UnsafeRawBufferPointer? { server?.send() ?? client?.send() ?? page?.send() }

  override func judge(_ candidates: [String]) -> TicketVerdict { instance.judge(self, candidates) }
  override var takesPadding: Bool { instance.settings.acceptsPadding }
  override func mayPad() { isPadded = true }
  override func opened() { instance.opened(self) }
  override func received(_ lane: Int, _ bytes: UnsafeRawBufferPointer) -> Int {
    owner._withUnsafeGuaranteedRef { $0.received(self, lane, bytes) }
  }
  override func fill(_ lane: Int, _ target: UnsafeMutableRawBufferPointer) -> Int { instance.fill(self, lane, target) }

  override func lend(_ lane: Int, _ vectors: UnsafeMutablePointer<cquic_vector>, limit: Int) -> HTTP3Fill {
    owner._withUnsafeGuaranteedRef { $0.lend(self, lane, vectors, limit) }
  }
  override func acknowledged(_ lane: Int, _ count: Int) {
    owner._withUnsafeGuaranteedRef { $0.acknowledged(self, lane, count) }
  }
  override func arrived() { instance.arrived(self) }
  override func moved() { if timer != nil { instance.touch(self) } }

  override func heldUp(_ lane: Int, _ isHeldUp: Bool) {
    guard lanes[lane].credit.isHeldUp != isHeldUp else { return }
    lanes[lane].credit.isHeldUp = isHeldUp
    lanesWithNews |= 1 << UInt8(truncatingIfNeeded: lane)
    instance.touch(self)
  }

  override func reached(_ client: LaneClient) { instance.reached(self, client) }
  override func confirmed(_ client: LaneClient) { instance.confirmed(self, client) }
  override func missed(_ client: LaneClient, _ reason: CloseReason) { instance.missed(self, client, reason) }
  override func reached(_ page: PageClient) { instance.reached(self, page) }
  override func missed(_ page: PageClient, _ reason: CloseReason) { instance.missed(self, page, reason) }
  override func progressed(_ page: PageClient) { instance.progressed(self, page) }
  override func over(_ reason: CloseReason) { instance.over(self, reason) }

  override func ended(_ end: LaneEnd) {
    instance.touch(self)
    guard ending == nil else { return }
    ending =
      switch end {
      case .closed: Failure(MESH_E_CLOSED, MESH_CLASS_PEER, "the other end closed the link")
      case .reset: Failure(MESH_E_RESET, MESH_CLASS_PEER, "the other end reset a lane of the link")
      case .refused(let status):
        Failure(MESH_E_AUTH, MESH_CLASS_AUTH, "the site did not take the ticket: a lane was answered with \(status)")
      case .violated: Failure(MESH_E_PROTOCOL, MESH_CLASS_PEER, "the other end broke HTTP")
      }
  }
}
