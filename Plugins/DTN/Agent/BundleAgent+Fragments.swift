// SPDX-License-Identifier: Apache-2.0
import BundleProtocol
import BundleRouting
import BundleStore
import CMeshABI

/// Fragments of bundles for this node, which others have cut, are put together here (RFC 9171 section 5.9).
extension BundleAgent {
  /// What all fragments of a bundle have in common: one that says something else of it is of another bundle.
  struct Whole: Hashable {
    var primary: PrimaryBlock
    /// Bytes of the whole.
    var total: UInt64

    /// Nil for what is no fragment.
    init?(_ bundle: Bundle) {
      guard let fragment = bundle.primary.fragment else { return nil }
      primary = bundle.primary
      primary.fragment = nil
      primary.checksum = .none
      total = fragment.total
    }

    var id: BundleID { BundleID(source: primary.source, timestamp: primary.timestamp) }
  }

  /// A fragment for this node is on disk; false for a bundle that is none.
  @discardableResult func gather(_ sequence: UInt64, _ record: BundleRecord) -> Bool {
    guard let part = record.id.fragment else { return false }
    guard fragments.insert(sequence).inserted, let bundle = bundle(sequence), let whole = Whole(bundle) else {
      return true
    }
    guard !arrivedHere.contains(whole.id) else {
      remove(sequence)
      return true
    }
    var versions = wholes.removeValue(forKey: whole) ?? FragmentVersions()
    versions.keep(gone: fragmentsGone) { fragments.contains($0) }
    let piece = FragmentVersions.Piece(sequence: sequence, part: part, origin: bundle.previousNode)
    let before = versions.all.count
    let place = versions.add(piece, total: whole.total) { other in
      self.bundle(other.sequence).map { Self.contradict($0, bundle) } ?? false
    }
    if before == 1, versions.all.count > 1 {
      host.log(MESH_LOG_WARNING, "fragments of bundle \(whole.id) contradict each other, and are kept apart")
    }
    // What has expired is forgotten.
    if wholes.count > fragments.count {
      wholes = wholes.filter { $0.value.isAlive { fragments.contains($0) } }
    }
    wholes[whole] = versions
    switch place {
    case .added: putTogether(whole)
    // Its bytes are here.
    case .redundant: remove(sequence)
    case .tooMany: break
    }
    return true
  }

  /// Fragments that wait here; more find no room.
  static let fragmentLimit = 65_536

  /// Whether a fragment for this node that came under the identity of one here says the same.
  func isSame(_ bundle: Bundle, _ sequence: UInt64) -> Bool {
    guard bundle.primary.fragment != nil, let other = self.bundle(sequence) else { return true }
    return Whole(other) == Whole(bundle) && !Self.contradict(other, bundle)
  }

  /// Whether two fragments of one bundle cannot both be right.
  private static func contradict(_ one: Bundle, _ other: Bundle) -> Bool {
    guard let first = one.primary.fragment, let second = other.primary.fragment else { return true }
    if first.offset == 0, second.offset == 0, lasting(one) != lasting(other) { return true }
    let start = max(first.offset, second.offset)
    let end = min(first.offset + UInt64(one.payload.count), second.offset + UInt64(other.payload.count))
    guard start < end else { return false }
    return one.payload[Int(start - first.offset)..<Int(end - first.offset)]
      != other.payload[Int(start - second.offset)..<Int(end - second.offset)]
  }

  /// Blocks that no node on the way writes anew.
  private static func lasting(_ bundle: Bundle) -> [CanonicalBlock] {
    bundle.blocks.filter {
      ![.payload, .previousNode, .bundleAge, .hopCount, CopyBlock.type].contains($0.type)
    }
  }

  /// Bundles that were whole and found no room.
  func putTogetherAgain() {
    wholesAt = .max
    let all = wholesWithoutRoom
    wholesWithoutRoom = []
    for whole in all {
      wholes[whole]?.keep(gone: fragmentsGone) { fragments.contains($0) }
      putTogether(whole)
    }
  }

  /// What was refused may fit now.
  func tryRefusedAgain() {
    for whole in Array(wholes.keys) where wholes[whole]?.hasRefused == true {
      wholes[whole]?.allowAgain()
      wholes[whole]?.keep(gone: fragmentsGone) { fragments.contains($0) }
      putTogether(whole)
    }
  }

  private func putTogether(_ whole: Whole) {
    for version in wholes[whole]?.whole(whole.total) ?? [] {
      guard var bundle = reassemble(version) else { continue }
      guard admits(&bundle, isDeleted: false) else {
        // Which of them is wrong is not known: they wait for what contradicts them, or for their lifetimes to pass.
        wholes[whole]?.refuse(version)
        continue
      }
      guard take(bundle, whole, of: version) else { return }
      // They go in the order of the writer, after the whole has come.
      for piece in version.pieces {
        let id = BundleID(source: bundle.primary.source, timestamp: bundle.primary.timestamp, fragment: piece.part)
        routing.delivered(id, deadline: Self.deadline(of: bundle, now: host.bundleTime), now: host.bundleTime)
      }
      for sequence in wholes.removeValue(forKey: whole)?.sequences ?? [] { remove(sequence) }
      return
    }
  }

  /// One after the other, so that no more is in memory than the whole and one of them.
  private func reassemble(_ version: FragmentVersions.Version) -> Bundle? {
    guard let first = version.pieces.first, let bundle = bundle(first.sequence),
      var reassembly = try? Reassembly(bundle, limit: settings.largestBundle)
    else { return nil }
    for piece in version.pieces.dropFirst() {
      guard let next = self.bundle(piece.sequence) else { return nil }
      do throws(BundleError) { try reassembly.add(next) } catch { return nil }
    }
    return reassembly.whole
  }

  /// False when the whole has no room now.
  private func take(_ bundle: Bundle, _ whole: Whole, of version: FragmentVersions.Version) -> Bool {
    if readRecord(bundle) { return true }
    let now = host.bundleTime
    var record = BundleRecord(
      id: bundle.id, destination: bundle.primary.destination, deadline: Self.deadline(of: bundle, now: now),
      marks: .custody)
    record.neighbour = version.pieces.first.flatMap { self.record($0.sequence)?.neighbour }
    switch store.admit(bundle.encoded, record, now: now) {
    case .admitted(_, let evicted): evict(evicted)
    case .duplicate, .expired: break
    case .full, .failed:
      // The fragments have their room; the whole gets its own when there is some.
      wholesWithoutRoom.insert(whole)
      wholesAt = min(wholesAt, host.steadyTime + Self.roomInterval)
      return false
    }
    return true
  }
}
