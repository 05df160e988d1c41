// SPDX-License-Identifier: Apache-2.0
import Glibc
import HTXLanes
import HTXTCP
import HTXTickets
import MeshCrypto

/// The far end's eyes: takes everything that arrives, but keeps back what comes on one lane while it `holds`.
final class LaneReader: LaneLender {
  let key = TicketKey(secret: TicketKey.makeSecret(from: .seeded(1)))!
  private let held: Int
  var holds = true
  private var gate: TicketGate
  private(set) var isWaiting = false
  private(set) var isOpen = false
  private(set) var arrived = [Int](repeating: 0, count: LaneNumbers.count)
  private(set) var keptBack = 0

  init(holding lane: Int) {
    held = lane
    gate = TicketGate(keys: [key])
  }

  /// What was kept back is taken.
  func release() -> Int {
    holds = false
    defer { keptBack = 0 }
    return keptBack
  }

  func settled() { isWaiting = false }

  override func judge(_ candidates: [String]) -> TicketVerdict {
    let now = Int64(time(nil))
    guard
      case .success = gate.judge(candidates, from: NetworkPrefix(address: [127, 0, 0, 1]), unixSeconds: now, now: 0)
    else { return .decoy }
    isWaiting = true
    return .wait
  }

  override func opened() { isOpen = true }

  override func received(_ lane: Int, _ bytes: UnsafeRawBufferPointer) -> Int {
    arrived[lane] += bytes.count
    guard lane == held, holds else { return bytes.count }
    keptBack += bytes.count
    return 0
  }
}
