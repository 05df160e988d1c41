// SPDX-License-Identifier: Apache-2.0
import CQUIC
import HTXHTTP3
import HTXLanes
import HTXQUIC
import HTXTCP
import HTXTickets

/// What happened at one end of a link over HTTP/3.
final class RecordingLender: LaneLender {
  var gate: TicketGate?
  var now: Int64 = 500_000 * 3600
  var verdicts: [String] = []
  /// How often the link was said to be up.
  private(set) var openings = 0
  var isOpen: Bool { openings > 0 }
  var hasReached = false
  var isConfirmed = false
  var ends: [LaneEnd] = []
  var reason: CloseReason?
  var missedReason: CloseReason?
  var arrived = [[UInt8]](repeating: [], count: LaneNumbers.count)
  /// Whether bytes of a lane are taken.
  var isTaking: (Int) -> Bool = { _ in true }
  var isClosing = false
  var onReached: (LaneClient) -> Void = { _ in }
  /// Bytes that were lent and are not acknowledged yet.
  private(set) var lent = [Int](repeating: 0, count: LaneNumbers.count)
  private var waiting = [[UnsafeMutableBufferPointer<UInt8>]](repeating: [], count: LaneNumbers.count)
  private var kept: [UnsafeMutableBufferPointer<UInt8>] = []

  deinit { for piece in kept { piece.deallocate() } }

  /// Puts bytes into a lane's queue.
  func send(_ lane: Int, _ bytes: [UInt8]) {
    let piece = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: bytes.count)
    _ = piece.initialize(from: bytes)
    kept.append(piece)
    waiting[lane].append(piece)
  }

  /// What the other end is told, and whether it has said the same before the link was up.
  var isPaddingTaken = true
  private(set) var mayPadAtOpening = false
  private var hasHeard = false
  override var takesPadding: Bool { isPaddingTaken }
  override func mayPad() { hasHeard = true }

  override func judge(_ candidates: [String]) -> TicketVerdict {
    let outcome = gate?.judge(candidates, from: NetworkPrefix(address: [192, 0, 2, 9]), unixSeconds: now, now: 0)
    switch outcome {
    case nil:
      verdicts.append("none")
      return .decoy
    case .failure(let refusal):
      verdicts.append(refusal.rawValue)
      return .decoy
    case .success:
      verdicts.append("admitted")
      return .wait
    }
  }

  override func opened() {
    openings += 1
    mayPadAtOpening = hasHeard
  }
  override func confirmed(_ client: LaneClient) { isConfirmed = true }
  override func ended(_ end: LaneEnd) { ends.append(end) }
  override func over(_ reason: CloseReason) { self.reason = reason }
  override func missed(_ client: LaneClient, _ reason: CloseReason) { missedReason = reason }

  override func reached(_ client: LaneClient) {
    hasReached = true
    onReached(client)
  }

  override func received(_ lane: Int, _ bytes: UnsafeRawBufferPointer) -> Int {
    arrived[lane] += bytes
    return isTaking(lane) ? bytes.count : 0
  }

  override func lend(_ lane: Int, _ vectors: UnsafeMutablePointer<cquic_vector>, limit: Int) -> HTTP3Fill {
    var count = 0
    while count < limit, !waiting[lane].isEmpty {
      let piece = waiting[lane].removeFirst()
      vectors[count] = cquic_vector(bytes: piece.baseAddress, length: piece.count)
      lent[lane] += piece.count
      count += 1
    }
    if count > 0 { return .filled(count) }
    return isClosing ? .last(0) : .wait
  }

  override func acknowledged(_ lane: Int, _ count: Int) { lent[lane] -= count }
}
