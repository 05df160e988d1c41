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

  /// Fragments of which no two contradict each other, by where they begin.
  struct Version: Equatable {
    private(set) var pieces: [Piece] = []
    /// What they make was refused because of its security: one of them is wrong, and nothing says which.
    var isRefused = false
    private var bytes: UInt64 = 0

    var origins: Int { Set(pieces.map(\.origin)).count }

    /// Whether they have no gap, told without reading them.
    func isWhole(_ total: UInt64) -> Bool { bytes >= total && covers(BundleID.Part(offset: 0, length: total)) }

    func covers(_ range: BundleID.Part) -> Bool {
      // One without data can be what brings the blocks of the first.
      guard range.length > 0 || pieces.contains(where: { $0.part.offset == range.offset }) else { return false }
      var end = range.offset
      for piece in pieces where piece.part.offset <= end { end = max(end, piece.part.offset + piece.part.length) }
      return end >= range.offset + range.length
    }

    mutating func insert(_ piece: Piece) {
      let place = pieces.firstIndex { $0.part.offset > piece.part.offset } ?? pieces.count
      pieces.insert(piece, at: place)
      bytes += piece.part.length
      isRefused = false
    }

    mutating func removeAll(where isGone: (Piece) -> Bool) {
      pieces.removeAll(where: isGone)
      bytes = pieces.reduce(0) { $0 + $1.part.length }
    }
  }

  private(set) var all: [Version] = []
  /// Every fragment that is in a version, or was.
  private var pieces: [UInt64: Piece] = [:]
  private var bytes: UInt64 = 0
  private var refusals = 0
  /// As many fragments of any bundle had gone when these were last looked through.
  private var gone: UInt64 = 0

  /// Versions of a bundle; of more it is not known which to believe.
  static let limit = 8
  /// Fragments of one bundle; more only wait for their lifetime to pass.
  private static let pieceLimit = 4096
  /// All fragments together have at most so many times the bytes of the whole: each is held against those it meets.
  private static let excess: UInt64 = 8
  /// So often a bundle is put together and refused. Each time is work for a fragment of a few bytes.
  private static let refusalLimit = 64

  /// Where a fragment belongs.
  enum Place { case added, redundant, tooMany }

  /// Adds a fragment to the versions that it fits, or makes new ones of it and of what it fits in the others.
  /// - Parameter contradicts: whether a fragment here, which meets it, says something else.
  mutating func add(_ piece: Piece, total: UInt64, contradicts: (Piece) -> Bool) -> Place {
    guard pieces.count < Self.pieceLimit, (bytes + piece.part.length) / Self.excess <= total else { return .tooMany }
    let wrong = Set(pieces.values.filter { $0.overlaps(piece.part) && contradicts($0) }.map(\.sequence))
    var isNeeded = all.isEmpty
    var isHere = false
    var new: [Version] = all.isEmpty ? [Version()] : []
    for at in all.indices {
      if !wrong.isEmpty, all[at].pieces.contains(where: { wrong.contains($0.sequence) }) {
        var version = all[at]
        version.removeAll { wrong.contains($0.sequence) }
        new.append(version)
      } else if all[at].covers(piece.part) {
        isHere = true
      } else {
        isNeeded = true
        all[at].insert(piece)
      }
    }
    if isHere, !isNeeded { return .redundant }
    for var version in new {
      version.insert(piece)
      guard !all.contains(where: { Self.contains($0, version) }), makePlace() else { continue }
      isNeeded = true
      all.append(version)
    }
    guard isNeeded else { return .tooMany }
    pieces[piece.sequence] = piece
    bytes += piece.part.length
    return .added
  }

  /// A version that was refused makes room for another.
  private mutating func makePlace() -> Bool {
    guard all.count >= Self.limit else { return true }
    guard let refused = all.firstIndex(where: \.isRefused) else { return false }
    all.remove(at: refused)
    return true
  }

  private static func contains(_ one: Version, _ other: Version) -> Bool {
    let sequences = Set(one.pieces.map(\.sequence))
    return other.pieces.allSatisfy { sequences.contains($0.sequence) }
  }

  /// Versions without a gap that nothing is known against, those first that came over the fewest ways.
  func whole(_ total: UInt64) -> [Version] {
    guard refusals < Self.refusalLimit else { return [] }
    return all.filter { !$0.isRefused && $0.isWhole(total) }.enumerated()
      .sorted { ($0.element.origins, $0.offset) < ($1.element.origins, $1.offset) }.map(\.element)
  }

  mutating func refuse(_ version: Version) {
    refusals += 1
    if let at = all.firstIndex(of: version) { all[at].isRefused = true }
  }

  /// What was refused may be taken now.
  mutating func allowAgain() {
    refusals = 0
    for at in all.indices { all[at].isRefused = false }
  }

  /// Whether a version was refused.
  var hasRefused: Bool { all.contains(where: \.isRefused) }

  /// Forgets what has expired, if any fragment has gone since the last time.
  /// - Parameter gone: how many have, of all bundles.
  mutating func keep(gone: UInt64, _ isHere: (UInt64) -> Bool) {
    guard self.gone != gone else { return }
    self.gone = gone
    pieces = pieces.filter { isHere($0.key) }
    bytes = pieces.values.reduce(0) { $0 + $1.part.length }
    for at in all.indices { all[at].removeAll { !isHere($0.sequence) } }
    all.removeAll { $0.pieces.isEmpty }
  }

  /// Whether any fragment is still here.
  func isAlive(_ isHere: (UInt64) -> Bool) -> Bool { pieces.keys.contains(where: isHere) }

  /// All fragments, by their numbers.
  var sequences: [UInt64] { Array(pieces.keys) }
}
