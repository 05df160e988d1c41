// SPDX-License-Identifier: Apache-2.0

import CMeshABI
import MeshWire

/// The disk first, then the word.
extension Carriage {
  private static let diskPause: UInt64 = 10_000_000_000

  func settle(_ settlement: Settlement) { unsavedSettlements.append(settlement) }

  /// Hands what has changed to the disk, once a turn and one at a time.
  func save(now: UInt64) {
    guard savingSettlements == nil, now >= saveAt, let driver else { return }
    noteUnnoted()
    guard !unsavedSettlements.isEmpty || !unsaved.isEmpty else { return }
    saveAt = 0
    savingSettlements = unsavedSettlements
    unsavedSettlements = []
    savingRecords = unsaved
    unsaved = []
    driver.appendToWindow(savingRecords)
  }

  /// Whether all that is to be remembered is on disk.
  public var isSaved: Bool { savingSettlements == nil && unsaved.isEmpty && unnoted.isEmpty }

  /// When a write that failed is tried again.
  var retrySaveAt: UInt64 {
    saveAt == 0 || driver == nil || isSaved && unsavedSettlements.isEmpty ? .max : saveAt
  }

  /// What was given to `appendToWindow` is on disk, or is not: then everything waits for a repetition, and the disk is
  /// left alone for a while.
  public func persisted(_ isOnDisk: Bool, now: UInt64) {
    guard let settlements = savingSettlements else { return }
    savingSettlements = nil
    saveAt = isOnDisk ? 0 : now + Self.diskPause
    if !isOnDisk { unsaved = savingRecords + unsaved }
    savingRecords = []
    for settlement in settlements {
      guard isOnDisk, let receipt = settlement.receipt else {
        for arrival in settlement.arrivals {
          driver?.settle(arrival.id, of: arrival.carrier, status: isOnDisk ? MESH_OK : MESH_E_AGAIN)
          if !isOnDisk { retryAt[arrival.carrier] = now + Self.diskPause }
        }
        continue
      }
      // The carrier keeps the envelope until it keeps the receipt: after a crash in between it is offered again.
      let lifetime = max(receipts[receipt.peer]?.lifetime ?? 0, receipt.lifetime)
      receipts[receipt.peer, default: ([], 0)].waiting.append(
        Receipt(id: receipt.id, arrivals: settlement.arrivals))
      receipts[receipt.peer]?.lifetime = lifetime
      receiptsAt = now
    }
  }
}
