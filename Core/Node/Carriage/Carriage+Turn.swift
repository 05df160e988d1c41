// SPDX-License-Identifier: Apache-2.0

import CMeshABI
import MeshCrypto
import MeshSession
import MeshWire

/// What carriage does by itself: expiry, repetition, receipts.
extension Carriage {
  /// Identities in one receipt.
  private static let receiptLimit = 1024
  /// Identities that wait for room in a carrier, of one peer.
  private static let waitingReceipts = 16_384
  /// Refusals of a receipt after which its message's envelope is let go all the same.
  private static let patientRefusals = 6
  private static let receiptRetry: UInt64 = 10_000_000_000
  /// A receipt is worth as much as the message, and a day at least, milliseconds.
  private static let receiptLifetime: UInt64 = 86_400_000

  /// When `advance` is due.
  var nextDeadline: UInt64 {
    min(
      min(min(deadlines.next, receiptsAt), min(min(waitingAt, linklessAt), retryAt.values.min() ?? .max)), retrySaveAt)
  }

  func advance(now: UInt64) {
    while let token = deadlines.pop(now: now) {
      if let one = outgoing[token], !one.isAtRecipient { driver?.cancelEnvelope(token, of: one.carrier) }
      end(token, .expired, now: now)
    }
    for (carrier, time) in retryAt where time <= now {
      retryAt[carrier] = nil
      driver?.retryArrivals(of: carrier)
    }
    if linklessAt <= now { lookAfterLinkless(now: now) }
    if waitingAt <= now { lookAfterWaiting(now: now) }
    if receiptsAt <= now { sendReceipts(now: now) }
  }

  func endTurn(now: UInt64) {
    if receiptsAt <= now { sendReceipts(now: now) }
    save(now: now)
  }

  private func sendReceipts(now: UInt64) {
    receiptsAt = .max
    guard let driver else { return }
    for (peer, waiting) in receipts {
      var left = waiting.waiting[...]
      while !left.isEmpty {
        let batch = left.prefix(Self.receiptLimit)
        guard send(batch, to: peer, lifetime: waiting.lifetime, driver) else { break }
        left.removeFirst(batch.count)
      }
      guard !left.isEmpty else {
        receipts[peer] = nil
        continue
      }
      receipts[peer]?.waiting = left.suffix(Self.waitingReceipts).map {
        var receipt = $0
        receipt.refusals += 1
        // Carriers may be full of just what these wait for: in the end it goes, and the receipts wait here.
        if receipt.refusals == Self.patientRefusals {
          letGo(receipt)
          receipt.arrivals = []
        }
        return receipt
      }
      for receipt in left.dropLast(Self.waitingReceipts) { letGo(receipt) }
      receiptsAt = now + Self.receiptRetry
    }
  }

  private func send(
    _ batch: ArraySlice<Receipt>, to peer: NodeID, lifetime: UInt64, _ driver: any CarrierDriver
  ) -> Bool {
    var body: [UInt8] = []
    for receipt in batch { withUnsafeBytes(of: receipt.id.bigEndian) { body.append(contentsOf: $0) } }
    let id = Envelope.ID(random.uint64()) << 64 | Envelope.ID(random.uint64())
    let lifetime = max(lifetime, Self.receiptLifetime)
    let envelope = Envelope(
      kind: .receipt, sender: core.identity.id, id: id, issued: driver.wallClock, lifetime: lifetime,
      trafficClass: .control, body: body)
    // A name that is no key gets none, now or later.
    guard let sealed = try? envelope.seal(for: peer, from: core.identity, random: random) else {
      for receipt in batch { letGo(receipt) }
      return true
    }
    let token = Envelope.token(id)
    for carrier in driver.carriers {
      receiptsUnderWay[token] = (carrier, peer, Array(batch), lifetime)
      let code = driver.submit(
        sealed, for: peer, to: carrier, token: token, lifetime: lifetime, trafficClass: .control)
      if code == MESH_OK { return true }
      receiptsUnderWay[token] = nil
    }
    return false
  }

  /// The carrier need not keep the envelope any longer.
  func letGo(_ receipt: Receipt) {
    for arrival in receipt.arrivals { driver?.settle(arrival.id, of: arrival.carrier, status: MESH_OK) }
  }

  /// A carrier could not keep a receipt.
  func sendAgain(_ again: [Receipt], to peer: NodeID, lifetime: UInt64, now: UInt64) {
    var waiting = receipts[peer] ?? ([], 0)
    waiting.waiting += again
    waiting.lifetime = max(waiting.lifetime, lifetime)
    receipts[peer] = waiting
    receiptsAt = min(receiptsAt, now + Self.receiptRetry)
  }

  /// A protocol is served now: what waited for that may come.
  func served() {
    let carriers = unservedCarriers
    unservedCarriers = []
    for carrier in carriers { retryAt[carrier] = 0 }
  }

  /// Forgets what can no longer come; now and then.
  public func housekeep() {
    if let driver {
      window.expire(now: driver.wallClock)
      expireOrphans(now: driver.wallClock)
    }
    ended = ended.filter { core.peers[$0.key] != nil }
  }
}
