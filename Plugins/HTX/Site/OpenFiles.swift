// SPDX-License-Identifier: Apache-2.0

/// The files of a folder that are open. They are few, however many answers wait for visitors who take nothing: for one more,
/// the one is closed that was not read for the longest time.
struct OpenFiles {
  static let limit = 64
  /// Each leaves before it ends; the last one was read last.
  private var files: [Unmanaged<SiteFile>] = []

  var count: Int { files.count }

  /// The file is open, and was read now.
  mutating func use(_ file: SiteFile) {
    if let last = files.last, last.toOpaque() == Unmanaged.passUnretained(file).toOpaque() { return }
    remove(file)
    if files.count == Self.limit { files.removeFirst()._withUnsafeGuaranteedRef { $0.close() } }
    files.append(.passUnretained(file))
  }

  /// The file is closed.
  mutating func remove(_ file: SiteFile) {
    let own = Unmanaged.passUnretained(file).toOpaque()
    if let index = files.firstIndex(where: { $0.toOpaque() == own }) { files.remove(at: index) }
  }
}
