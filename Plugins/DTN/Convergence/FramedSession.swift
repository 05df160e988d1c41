// SPDX-License-Identifier: Apache-2.0
import BundleProtocol

/// A connection that carries bundles one after the other and no answers: MTCP or STCP.
///
/// The sender learns only that its system took the bytes: a connection that breaks may lose what was `written`, so a
/// bundle that must not be lost goes over TCPCLv4. A receiver that has no room can only stop reading.
public final class FramedSession: ConvergenceSession {
  /// What one side wants.
  public struct Settings: Sendable {
    /// Bytes that one bundle may have, either way.
    public var transferLimit: UInt64 = 256 << 20
    /// Bundles from the peer that may wait to be settled before it has to wait.
    public var unsettled = 256
    /// Bytes of them, one bundle apart.
    public var unsettledSize = 4 << 20
    /// Bytes of output above which `send` answers busy, one bundle apart.
    public var outputSize = 4 << 20
    /// Milliseconds between signs of life, with STCP; 0 for none.
    public var keepAlive: UInt64 = 15_000
    /// Milliseconds in which a bundle that has begun must go on; 0 for as long as it takes.
    public var stallTime: UInt64 = 60_000

    /// The defaults.
    public init() {}
  }

  private let framing: BundleFraming
  private let settings: Settings
  private var input = OctetQueue()
  private var output = OctetQueue()
  private var events: [ConvergenceEvent] = [.established(node: nil)]
  private var hasEnded = false
  /// A reason to end once the output is out.
  private var closing: TerminationReason?
  private var incoming: [UInt8] = []
  private var missing: UInt64 = 0
  private var nextArrival: UInt64 = 0
  private var unsettled: [UInt64: Int] = [:]
  private var unsettledSize = 0
  /// Transfers in the output and where each ends, in bytes since the session began.
  private var outgoing: [(transfer: UInt64, end: UInt64)] = []
  private var put: UInt64 = 0
  private var gone: UInt64 = 0
  private var nextTransfer: UInt64 = 0
  private var lastSent: UInt64
  private var lastHeard: UInt64

  /// A session over a connection that was just made; there is nothing to negotiate.
  public init(_ framing: BundleFraming, _ settings: Settings = Settings(), now: UInt64) {
    self.framing = framing
    self.settings = settings
    lastSent = now
    lastHeard = now
  }

  private var isPaused: Bool { unsettled.count >= settings.unsettled || unsettledSize > settings.unsettledSize }

  /// Whether bytes should be read for it.
  public var wantsInput: Bool { !hasEnded && !isPaused }

  /// Takes bytes from the peer.
  public func receive(_ bytes: UnsafeRawBufferPointer, now: UInt64) {
    guard !hasEnded, bytes.count > 0 else { return }
    lastHeard = now
    let taken = input.isEmpty && !isPaused ? takeData(bytes) : 0
    input.append(UnsafeRawBufferPointer(rebasing: bytes[taken...]))
  }

  /// What has happened; nil when nothing more has.
  public func nextEvent(now: UInt64) -> ConvergenceEvent? {
    while events.isEmpty, !hasEnded, !isPaused {
      do throws(ProtocolFault) {
        guard try step() else { break }
      } catch {
        end(.violated(error))
      }
    }
    return events.isEmpty ? nil : events.removeFirst()
  }

  private func step() throws(ProtocolFault) -> Bool {
    if missing > 0 {
      let taken = input.withBytes { takeData($0) }
      input.consume(taken)
      return taken > 0
    }
    let result = input.withBytes { bytes in
      Result { () throws(ProtocolFault) in try framing.header(bytes) }
    }
    switch try result.get() {
    case nil: return false
    case .keepAlive(let size): input.consume(size)
    case .bundle(let length, let size):
      guard length <= settings.transferLimit else {
        throw .excessive("a bundle of \(length) bytes, more than \(settings.transferLimit)")
      }
      input.consume(size)
      missing = length
      // What a peer merely says it will send must not cost memory.
      incoming.reserveCapacity(Int(min(length, 1 << 20)))
    }
    return true
  }

  private func takeData(_ bytes: UnsafeRawBufferPointer) -> Int {
    let count = Int(min(missing, UInt64(bytes.count)))
    guard count > 0 else { return 0 }
    incoming.append(contentsOf: UnsafeRawBufferPointer(rebasing: bytes[..<count]))
    missing -= UInt64(count)
    if missing == 0 {
      unsettled[nextArrival] = incoming.count
      unsettledSize += incoming.count
      events.append(.arrived(transfer: nextArrival, bundle: incoming))
      nextArrival += 1
      incoming = []
    }
    return count
  }

  /// Makes room; the peer learns nothing of the verdict.
  public func settle(_ transfer: UInt64, _ verdict: TransferVerdict, now: UInt64) {
    if isPaused { lastHeard = now }
    if let size = unsettled.removeValue(forKey: transfer) { unsettledSize -= size }
  }

  /// Nobody says what the peer takes: what this side would.
  public var largestTransfer: UInt64 {
    framing == .stcp ? min(settings.transferLimit, UInt64(UInt32.max)) : settings.transferLimit
  }

  /// Begins to send a bundle, which has at least one byte.
  public func send(_ bundle: [UInt8], now: UInt64) -> SendAnswer {
    precondition(!bundle.isEmpty)
    guard !hasEnded, closing == nil else { return .unavailable }
    guard UInt64(bundle.count) <= largestTransfer else { return .tooLarge(limit: largestTransfer) }
    guard output.count < settings.outputSize else { return .busy }
    let before = output.count
    framing.write(bundle.count, to: &output)
    output.append(bundle[...])
    put += UInt64(output.count - before)
    let transfer = nextTransfer
    nextTransfer += 1
    outgoing.append((transfer, put))
    return .begun(transfer: transfer)
  }

  /// Lends the bytes that are to be sent.
  public func withOutput<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result { output.withBytes(body) }

  /// Forgets the first `count` bytes of the output.
  public func wrote(_ count: Int, now: UInt64) {
    output.consume(count)
    gone += UInt64(count)
    if count > 0 { lastSent = now }
    let done = outgoing.prefix { $0.end <= gone }.count
    for one in outgoing[..<done] { events.append(.written(transfer: one.transfer)) }
    outgoing.removeFirst(done)
    if let closing, output.isEmpty { end(.terminated(closing)) }
  }

  /// Ends the session; `ended` follows when that is done.
  public func close(_ reason: TerminationReason, now: UInt64) {
    guard !hasEnded, closing == nil else { return }
    closing = reason
    if output.isEmpty { end(.terminated(reason)) }
  }

  /// The connection is gone.
  public func disconnected(now: UInt64) { end(.disconnected) }

  private func end(_ how: SessionEnd) {
    guard !hasEnded else { return }
    hasEnded = true
    input.removeAll()
    incoming = []
    events.append(.ended(how))
  }

  private var keepsAlive: Bool { framing == .stcp && settings.keepAlive > 0 }
  private var isMidway: Bool { settings.stallTime > 0 && (missing > 0 || !input.isEmpty) && !isPaused }

  /// When `tick` is to be called.
  public var nextDeadline: UInt64? {
    guard !hasEnded else { return nil }
    let alive = keepsAlive ? lastSent.addingClamped(settings.keepAlive) : .max
    let stalled = isMidway ? lastHeard.addingClamped(settings.stallTime) : .max
    return min(alive, stalled) == .max ? nil : min(alive, stalled)
  }

  /// Does what the time asks for.
  public func tick(now: UInt64) {
    guard !hasEnded else { return }
    if isMidway, now >= lastHeard.addingClamped(settings.stallTime) { return end(.terminated(.idleTimeout)) }
    guard keepsAlive, now >= lastSent.addingClamped(settings.keepAlive) else { return }
    if output.isEmpty {
      framing.write(0, to: &output)
      put += 4
    }
    lastSent = now
  }
}
