// SPDX-License-Identifier: Apache-2.0
import BundleProtocol
import BundleRouting
import BundleStore
import CMeshABI

/// What happens in every turn: the store's answers, expiry, offers, forwarding.
extension BundleAgent {
  /// Milliseconds after which neighbours that the disk has refused may try again.
  static let roomInterval: UInt64 = 5000
  private static let latestTurn: UInt64 = 3_600_000

  /// Called once in a turn in which anything happened.
  /// - Returns: milliseconds of the bundle epoch at which the next turn is due, or nil.
  public func turn() -> UInt64? {
    let answers = unsent
    unsent = []
    for (message, key) in answers where neighbours[key] != nil { answer(message, to: key) }
    for completion in store.collect() { completed(completion) }
    resumePeers()
    lookAtClocks()
    let steady = host.steadyTime
    if routing.nextDeadline.map({ $0 <= host.bundleTime }) ?? false || routing.nextRetry.map({ $0 <= steady }) ?? false
    {
      routing.tick(now: host.bundleTime)
    }
    expire()
    for bundle in evicted.takeAll() { report(.reportDeletion, of: bundle, reason: .depletedStorage) }
    if roomAt <= steady {
      roomAt = refusedForRoom.isEmpty ? .max : steady + Self.roomInterval
      tellRoom()
    }
    if wholesAt <= steady { putTogetherAgain() }
    offer()
    let hasMore = answerEchoes()
    forward()
    let now = host.bundleTime
    let again = unsent.isEmpty && !hasMore ? nil : now + 20
    // Of the steady clock only what is left is of interest to whoever waits.
    let retry = [routing.nextRetry, roomAt, wholesAt].compactMap { $0 }.min() ?? .max
    let left = retry > steady ? retry - steady : 0
    // A lifetime can be as long as a number allows: nobody reckons with it further than this.
    let due = [store.nextDeadline, routing.nextDeadline, again, now + min(left, Self.latestTurn)].compactMap { $0 }
      .min()
    return due.map { min($0, now + Self.latestTurn) }
  }

  /// Contacts of a plan are by the clock of days: what was found out with another time is found out anew.
  func lookAtClocks() {
    let now = host.bundleTime
    guard now > 0 else { return clockLead = nil }
    let lead = Int64(clamping: now) &- Int64(clamping: host.steadyTime)
    defer { clockLead = lead }
    guard let before = clockLead else { return routing.clockWasSet(now: now) }
    if abs(lead - before) > 1000 { routing.clockWasSet(now: now) }
  }

  private func completed(_ completion: StoreCompletion) {
    let sequence = completion.sequence
    if let error = completion.error { host.log(MESH_LOG_ERROR, "a bundle was not stored: \(error)") }
    if let token = unstored.removeValue(forKey: sequence) {
      if completion.error == nil {
        host.report(token, MESH_CARRIER_STORED, MESH_OK)
      } else {
        own[token] = nil
        host.report(token, MESH_CARRIER_REFUSED, MESH_E_IO)
      }
    }
    if made[sequence] != nil { made[sequence] = completion.error == nil ? MESH_OK : MESH_E_IO }
    let from = unanswered[sequence]?.first?.neighbour
    let reason = unprocessed.removeValue(forKey: sequence)
    if completion.error == nil, let record = record(sequence) {
      if from != nil, reports(.reportReception), let bundle = bundle(sequence) {
        report(.reportReception, of: bundle, reason: reason ?? .none, isWanted: reason != nil)
      }
      if isHere(record.destination) {
        // What is known of a fragment is known when its bundle is whole.
        if !gather(sequence, record) {
          arrivedHere.insert(record.id, deadline: record.deadline, now: host.bundleTime)
          routing.delivered(record.id, deadline: record.deadline, now: host.bundleTime)
        }
      } else {
        route(sequence, record, size: store.size(of: sequence) ?? 0, from: from)
      }
    }
    for transfer in unanswered.removeValue(forKey: sequence) ?? [] {
      if completion.error == nil {
        answer(.taken(number: transfer.number), to: transfer.neighbour)
      } else {
        refusedForRoom.insert(transfer.neighbour)
        // The disk may get room without this node's doing.
        roomAt = host.steadyTime + Self.roomInterval
        answer(.refused(number: transfer.number, .noResources), to: transfer.neighbour)
      }
    }
  }

  private func expire() {
    for sequence in store.expired(now: host.bundleTime) {
      figures.expired += 1
      if let record = record(sequence), record.marks.contains(.own), record.id.source == node {
        let token = record.id.timestamp.sequence
        own[token] = nil
        unstored[sequence] = nil
        host.report(token, MESH_CARRIER_EXPIRED, MESH_OK)
      }
      remove(sequence, reporting: .reportDeletion, reason: .lifetimeExpired)
    }
  }

  func evict(_ sequences: [UInt64]) {
    guard !sequences.isEmpty else { return }
    figures.evicted += UInt64(sequences.count)
    for sequence in sequences {
      offered.remove(sequence)
      postponed.remove(sequence)
      unanswered[sequence] = nil
      unprocessed[sequence] = nil
      routing.remove(sequence)
    }
    host.log(MESH_LOG_INFO, "\(sequences.count) bundles of others made room")
  }
}
