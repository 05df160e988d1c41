// SPDX-License-Identifier: Apache-2.0

/// The files of a folder that answers come from, each once, however many answers that are. They stay open until their
/// last answer has left: what has their name by then is nothing to them, as with nginx. Only for one more than `limit`
/// the one is closed that was not read for the longest time.
struct OpenFiles {
  /// Most that are open.
  var limit = 256
  private var known: [FileIdentity: Unmanaged<SiteFile>] = [:]
  private var open: [Unmanaged<SiteFile>] = []
  private var reads: UInt64 = 0

  /// Those that are open.
  var count: Int { open.count }

  /// The number of a read: a later one has a higher one.
  mutating func nextRead() -> UInt64 {
    reads += 1
    return reads
  }

  /// The file that answers come from already.
  func find(_ identity: FileIdentity) -> SiteFile? { known[identity]?.takeUnretainedValue() }

  /// An answer is to come from the file.
  mutating func add(_ file: SiteFile) { known[file.identity] = .passUnretained(file) }

  /// No answer does any more.
  mutating func remove(_ file: SiteFile) {
    known[file.identity] = nil
    let own = Unmanaged.passUnretained(file).toOpaque()
    if let index = open.firstIndex(where: { $0.toOpaque() == own }) {
      open.swapAt(index, open.count - 1)
    } else {
      return
    }
    open.removeLast()
  }

  /// The file is open now; `makeRoom` came before.
  mutating func opened(_ file: SiteFile) { open.append(.passUnretained(file)) }

  /// Sees to it that one more may be open.
  mutating func makeRoom() {
    while open.count >= max(1, limit), closeOldest() {}
  }

  /// Closes the one that was not read for the longest time; false when none is open.
  mutating func closeOldest() -> Bool {
    let oldest = open.indices.min { Self.lastRead(open[$0]) < Self.lastRead(open[$1]) }
    guard let oldest else { return false }
    open.swapAt(oldest, open.count - 1)
    open.removeLast()._withUnsafeGuaranteedRef { $0.close() }
    return true
  }

  private static func lastRead(_ file: Unmanaged<SiteFile>) -> UInt64 { file._withUnsafeGuaranteedRef { $0.lastRead } }
}
