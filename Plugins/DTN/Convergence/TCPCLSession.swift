// SPDX-License-Identifier: Apache-2.0
import BundleProtocol

/// One TCPCLv4 session (RFC 9174).
///
/// The last acknowledgment of a bundle goes out when the caller says that it is stored, so that a sender which heard it
/// can forget the bundle. Acknowledgments go out in the order of the segments.
public final class TCPCLSession: ConvergenceSession {
  enum Phase {
    case contact, tls, initiation, established, ending, ended
  }

  /// A bundle on its way here.
  struct Incoming {
    var transfer: UInt64
    var bundle: [UInt8] = []
    /// Its length, where the peer said so.
    var announced: UInt64?
    /// Of the segment that is arriving: its flags, and bytes of data that are missing.
    var flags: TransferFlags = []
    var missing: UInt64 = 0
    /// What still comes of it is thrown away.
    var isRefused = false
  }

  /// A bundle on its way to the peer.
  struct Outgoing {
    var transfer: UInt64
    var bundle: [UInt8]
    /// Bytes of it that were put into the output.
    var sent = 0
    /// Bytes of it that the peer has acknowledged.
    var acknowledged: UInt64 = 0
  }

  /// What is to be said of segments that arrived, in their order.
  enum Answer {
    case ready(TCPCLMessage)
    /// The end of a bundle of so many bytes that is to be settled.
    case waiting(TCPCLMessage.Acknowledgment)
  }

  let settings: TCPCLSettings
  let isActive: Bool
  var phase = Phase.contact
  var input = OctetQueue()
  var output = OctetQueue()
  var events: [ConvergenceEvent] = []
  var incoming: Incoming?
  var answers: [Answer] = []
  var unsettled = 0
  var unsettledSize = 0
  var outgoing: [Outgoing] = []
  var outgoingSize = 0
  var nextTransfer: UInt64 = 0
  /// Node names that the peer's certificate holds; nil without TLS.
  var certified: [EndpointID]?
  var peerSegmentLimit: UInt64 = 0
  var peerTransferLimit: UInt64 = 0
  /// Milliseconds; 0 for none.
  var keepAlive: UInt64 = 0
  var hasSentTermination = false
  var hasReceivedTermination = false
  var termination = TerminationReason.unknown
  var lastHeard: UInt64
  var lastSent: UInt64
  var lastTransfer: UInt64
  /// When the phases before `established`, or `ending`, must be over.
  var phaseEnd: UInt64

  /// Bytes of output above which no further segment is put into it, and nothing more is read.
  static let outputMark = 1 << 17
  /// Answers that may wait for the one before them.
  static let answerLimit = 4096

  /// A session over a connection that was just made.
  /// - Parameter isActive: whether this side made the connection.
  public init(_ settings: TCPCLSettings, isActive: Bool, now: UInt64) {
    self.settings = settings
    self.isActive = isActive
    lastHeard = now
    lastSent = now
    lastTransfer = now
    phaseEnd = now.addingClamped(settings.establishmentTime)
    if isActive { contact.write(to: &output) }
  }

  var contact: ContactHeader { ContactHeader(canTLS: settings.tls != .never) }

  /// Whether too much waits for the caller or for the peer.
  var isPaused: Bool {
    unsettled >= settings.unsettled || unsettledSize > settings.unsettledSize || answers.count >= Self.answerLimit
      || output.count > Self.outputMark * 2
  }

  /// Whether bytes should be read for it.
  public var wantsInput: Bool { phase != .ended && phase != .tls && !isPaused }

  /// Takes bytes from the peer.
  public func receive(_ bytes: UnsafeRawBufferPointer, now: UInt64) {
    guard phase != .ended, bytes.count > 0 else { return }
    lastHeard = now
    let taken = input.isEmpty && !isPaused ? takeData(bytes, now: now) : 0
    input.append(UnsafeRawBufferPointer(rebasing: bytes[taken...]))
  }

  /// What has happened; nil when nothing more has.
  public func nextEvent(now: UInt64) -> ConvergenceEvent? {
    while events.isEmpty, phase != .ended, phase != .tls, !isPaused {
      do throws(ProtocolFault) {
        guard try step(now: now) else { break }
      } catch {
        violated(error)
      }
    }
    return events.isEmpty ? nil : events.removeFirst()
  }

  /// Takes the next message or piece of data; false when it has not arrived.
  private func step(now: UInt64) throws(ProtocolFault) -> Bool {
    switch phase {
    case .contact: return try takeContact()
    case .tls, .ended: return false
    case .initiation, .established, .ending:
      if let incoming, incoming.missing > 0 {
        let taken = input.withBytes { takeData($0, now: now) }
        input.consume(taken)
        return taken > 0
      }
      let result = input.withBytes { bytes in
        Result { () throws(ProtocolFault) in try TCPCLMessage.read(bytes) }
      }
      guard let (message, size) = try result.get() else { return false }
      input.consume(size)
      try take(message, now: now)
      return true
    }
  }

  /// Bytes that arrived behind the contact header and belong to TLS; to be taken when `startTLS` is reported.
  public func takeInput() -> [UInt8] { input.takeAll() }

  /// TLS stands: from here on `receive` and the output are what is inside of it.
  /// - Parameter nodes: the nodes that the peer's certificate names (RFC 9174 section 4.4.2.1).
  public func startedTLS(nodes: [EndpointID], now: UInt64) {
    guard phase == .tls else { return }
    certified = nodes
    lastHeard = now
    beginInitiation()
  }

  /// The connection is gone.
  public func disconnected(now: UInt64) { end(.disconnected) }

  func end(_ how: SessionEnd) {
    guard phase != .ended else { return }
    phase = .ended
    input.removeAll()
    incoming = nil
    answers = []
    outgoing = []
    events.append(.ended(how))
  }

  func violated(_ fault: ProtocolFault) {
    switch fault {
    case .notTheProtocol: break
    case .version:
      if !isActive { contact.write(to: &output) }
      TCPCLMessage.termination(.versionMismatch, isReply: false).write(to: &output)
    case .unknownMessage(let type): reject(type, .unknownType)
    case .unexpectedMessage(let type): reject(type, .unexpected)
    case .malformed: terminate(.unknown)
    case .excessive: terminate(.resourceExhaustion)
    }
    end(.violated(fault))
  }

  private func reject(_ type: UInt8, _ reason: RejectionReason) {
    TCPCLMessage.rejection(reason: reason.rawValue, type: type).write(to: &output)
  }

  private func terminate(_ reason: TerminationReason) {
    guard !hasSentTermination else { return }
    hasSentTermination = true
    TCPCLMessage.termination(reason, isReply: hasReceivedTermination).write(to: &output)
  }
}

extension UInt64 {
  /// The sum, or the largest number.
  func addingClamped(_ other: UInt64) -> UInt64 {
    let (sum, overflow) = addingReportingOverflow(other)
    return overflow ? .max : sum
  }
}
