// SPDX-License-Identifier: Apache-2.0
import BundleProtocol
import BundleStore
import CMeshABI

/// Fragments of bundles for this node, which others have cut, are put together here (RFC 9171 section 5.9).
extension BundleAgent {
  /// What all fragments of a bundle have in common.
  struct Whole: Hashable {
    var source: EndpointID
    var timestamp: CreationTimestamp
    var destination: EndpointID
    /// Bytes of the whole: one that says another is of another bundle, and does not spoil this one.
    var total: UInt64
  }

  /// Fragments of one bundle that are here.
  struct Pieces {
    var sequences: [UInt64] = []
    var parts: [BundleID.Part] = []

    /// Whether they have no gap, told without reading them.
    func isWhole(_ total: UInt64) -> Bool {
      var end: UInt64 = 0
      for part in parts.sorted(by: { $0.offset < $1.offset }) where part.offset <= end {
        end = max(end, part.offset.addingReportingOverflow(part.length).partialValue)
      }
      return end >= total
    }
  }

  /// Fragments of one bundle; more only wait for their lifetime to pass.
  private static let pieceLimit = 4096

  /// A fragment for this node is on disk; false for a bundle that is none.
  @discardableResult func gather(_ sequence: UInt64, _ record: BundleRecord) -> Bool {
    guard let part = record.id.fragment else { return false }
    guard fragments.insert(sequence).inserted else { return true }
    let whole = Whole(
      source: record.id.source, timestamp: record.id.timestamp, destination: record.destination,
      total: bundle(sequence)?.primary.fragment?.total ?? .max)
    var pieces = wholes.removeValue(forKey: whole) ?? Pieces()
    if pieces.sequences.count < Self.pieceLimit {
      pieces.sequences.append(sequence)
      pieces.parts.append(part)
    }
    // What has expired is forgotten.
    if wholes.count > fragments.count {
      wholes = wholes.filter { $0.value.sequences.contains { fragments.contains($0) } }
    }
    wholes[whole] = pieces
    if pieces.isWhole(whole.total) { putTogether(whole, pieces) }
    return true
  }

  /// Bundles that were whole and found no room.
  func putTogetherAgain() {
    wholesAt = .max
    let all = wholesWithoutRoom
    wholesWithoutRoom = []
    for whole in all {
      guard let pieces = wholes[whole], pieces.sequences.contains(where: { fragments.contains($0) }) else { continue }
      putTogether(whole, pieces)
    }
  }

  private func putTogether(_ whole: Whole, _ pieces: Pieces) {
    let parts = pieces.sequences.compactMap { sequence in bundle(sequence).map { (sequence: sequence, bundle: $0) } }
    guard let first = parts.first, var reassembly = try? Reassembly(first.bundle, limit: settings.largestBundle) else {
      return
    }
    // One that does not fit the others is no reason to give those up.
    for part in parts.dropFirst() { try? reassembly.add(part.bundle) }
    guard var bundle = reassembly.whole else { return }
    guard admits(&bundle) else {
      for part in parts { remove(part.sequence) }
      wholes[whole] = nil
      return
    }
    if readRecord(bundle) {
      for part in parts { remove(part.sequence) }
      wholes[whole] = nil
      return
    }
    let now = host.bundleTime
    let record = BundleRecord(
      id: bundle.id, destination: whole.destination, deadline: Self.deadline(of: bundle, now: now), marks: .custody)
    switch store.admit(bundle.encoded, record, now: now) {
    case .admitted(_, let evicted): evict(evicted)
    case .duplicate, .expired: break
    case .full, .failed:
      // The fragments have their room; the whole gets its own when there is some.
      wholesWithoutRoom.insert(whole)
      wholesAt = min(wholesAt, now + Self.roomInterval)
      return
    }
    // They go in the order of the writer, after the whole has come.
    for part in parts { remove(part.sequence) }
    wholes[whole] = nil
  }
}
