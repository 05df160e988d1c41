// SPDX-License-Identifier: Apache-2.0

/// Finds the name that somebody probably meant.
public enum NearestName {
  /// The candidate nearest to `word`, or nil when none is near enough: at most one error for each three letters,
  /// or a candidate that begins with the word.
  public static func find(_ word: String, among candidates: [String]) -> String? {
    let length = word.utf8.count
    guard length > 0, length <= 64 else { return nil }
    var best: (name: String, distance: Int)?
    for candidate in candidates {
      let distance = distance(word, candidate)
      if distance < (best?.distance ?? Int.max) { best = (candidate, distance) }
    }
    if let best, best.distance <= max(1, (length + 1) / 3) { return best.name }
    return length >= 2 ? candidates.first { $0.hasPrefix(word) } : nil
  }

  /// The number of letters to insert, remove, change or swap with a neighbour (optimal string alignment) to make
  /// one word of the other.
  public static func distance(_ first: String, _ second: String) -> Int {
    let a = Array(first.utf8)
    let b = Array(second.utf8)
    if a.isEmpty || b.isEmpty { return max(a.count, b.count) }
    var beforeLast = [Int](repeating: 0, count: b.count + 1)
    var last = Array(0...b.count)
    for i in 1...a.count {
      var row = [Int](repeating: i, count: b.count + 1)
      for j in 1...b.count {
        let change = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)
        row[j] = min(change, last[j] + 1, row[j - 1] + 1)
        if i > 1, j > 1, a[i - 1] == b[j - 2], a[i - 2] == b[j - 1] {
          row[j] = min(row[j], beforeLast[j - 2] + 1)
        }
      }
      beforeLast = last
      last = row
    }
    return last[b.count]
  }
}
