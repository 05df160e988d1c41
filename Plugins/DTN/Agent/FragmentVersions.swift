// SPDX-License-Identifier: Apache-2.0
import BundleProtocol
import BundleRouting

/// The fragments of one bundle that are here, in versions: fragments that say different things of the same bytes are in
/// different ones, so that a wrong one spoils no more than the version it is in.
struct FragmentVersions {
  /// One fragment in the store.
  struct Piece: Equatable {
    var sequence: UInt64
    var part: BundleID.Part
    /// The node that sent it here.
    var origin: EndpointID?

    func overlaps(_ other: BundleID.Part) -> Bool {
      part.offset < other.offset + other.length && other.offset < part.offset + part.length
        || part.offset == 0 && other.offset == 0
    }
  }

  /// Fragments of which no two contradict each other, in the order of arrival.
  struct Version: Equatable {
    var pieces: [Piece] = []
    /// What they make was refused because of its security: one of them is wrong, and nothing says which.
    var isRefused = false

    var origins: Int { Set(pieces.map(\.origin)).count }

    /// Whether they have no gap, told without reading them.
    func isWhole(_ total: UInt64) -> Bool { covers(BundleID.Part(offset: 0, length: total)) }

    func covers(_ range: BundleID.Part) -> Bool {
      // One without data can be what brings the blocks of the first.
      guard range.length > 0 || pieces.contains(where: { $0.part.offset == range.offset }) else { return false }
      var end = range.offset
      for piece in pieces.map(\.part).sorted(by: { $0.offset < $1.offset }) where piece.offset <= end {
        end = max(end, piece.offset + piece.length)
      }
      return end >= range.offset + range.length
    }
  }

  private(set) var all: [Version] = []

  /// Versions of a bundle; of more it is not known which to believe.
  static let limit = 8
  /// Fragments of one bundle; more only wait for their lifetime to pass.
  private static let pieceLimit = 4096
  /// All fragments together have at most so many times the bytes of the whole: each is held against those it meets.
  private static let excess: UInt64 = 8

  /// Where a fragment belongs.
  enum Place { case added, redundant, tooMany }

  /// Adds a fragment to the versions that it fits, or makes new ones of it and of what it fits in the others.
  /// - Parameters:
  ///   - contradicts: whether a fragment here, which meets it, says something else.
  mutating func add(
    _ piece: Piece, total: UInt64, contradicts: (Piece) -> Bool
  ) -> Place {
    let pieces = Dictionary(all.flatMap(\.pieces).map { ($0.sequence, $0) }) { first, _ in first }
    let bytes = pieces.values.reduce(piece.part.length) { $0 + $1.part.length }
    guard pieces.count < Self.pieceLimit, bytes / Self.excess <= total else { return .tooMany }
    let wrong = Set(pieces.values.filter { $0.overlaps(piece.part) && contradicts($0) }.map(\.sequence))
    var isNeeded = all.isEmpty
    var new: [Version] = all.isEmpty ? [Version(pieces: [piece])] : []
    for at in all.indices {
      let kept = all[at].pieces.filter { !wrong.contains($0.sequence) }
      guard kept.count == all[at].pieces.count else {
        let version = Version(pieces: kept + [piece])
        if !new.contains(version) { new.append(version) }
        continue
      }
      if all[at].covers(piece.part) { continue }
      isNeeded = true
      all[at].pieces.append(piece)
      all[at].isRefused = false
    }
    if !isNeeded, new.isEmpty || all.contains(where: { Self.fits(piece, $0, wrong) }) { return .redundant }
    for version in new where !all.contains(where: { Self.contains($0, version) }) {
      if all.count >= Self.limit {
        guard let refused = all.firstIndex(where: \.isRefused) else { continue }
        all.remove(at: refused)
      }
      all.append(version)
    }
    return all.contains { $0.pieces.contains(piece) } ? .added : .tooMany
  }

  private static func fits(_ piece: Piece, _ version: Version, _ wrong: Set<UInt64>) -> Bool {
    version.covers(piece.part) && !version.pieces.contains { wrong.contains($0.sequence) }
  }

  private static func contains(_ one: Version, _ other: Version) -> Bool {
    other.pieces.allSatisfy { one.pieces.contains($0) }
  }

  /// Versions without a gap that nothing is known against, those first that came over the fewest ways.
  func whole(_ total: UInt64) -> [Version] {
    all.filter { !$0.isRefused && $0.isWhole(total) }.enumerated()
      .sorted { ($0.element.origins, $0.offset) < ($1.element.origins, $1.offset) }.map(\.element)
  }

  mutating func refuse(_ version: Version) {
    if let at = all.firstIndex(of: version) { all[at].isRefused = true }
  }

  mutating func allowAgain() { for at in all.indices { all[at].isRefused = false } }

  /// Forgets what has expired.
  mutating func keep(_ isHere: (UInt64) -> Bool) {
    for at in all.indices { all[at].pieces.removeAll { !isHere($0.sequence) } }
    all.removeAll { $0.pieces.isEmpty }
  }

  var sequences: Set<UInt64> { Set(all.flatMap { $0.pieces.map(\.sequence) }) }
}
