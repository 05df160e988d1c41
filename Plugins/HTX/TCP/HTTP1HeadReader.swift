// SPDX-License-Identifier: Apache-2.0

/// Finds the lines of a head while it arrives. Every byte is looked at once, however the head is cut.
struct HTTP1HeadReader {
  private var lines: [Substring] = []
  /// Where the line under way begins, and how far it was searched for its end.
  private var start = 0
  private var searched = 0

  /// Goes on with `bytes`, which are those of the last call and more; nil when the head is not whole yet.
  mutating func read(_ bytes: UnsafeRawBufferPointer) throws(HTTP1Head.Fault) -> HTTP1Head? {
    while true {
      if lines.isEmpty {
        // Empty lines before a request are skipped (RFC 9112, 2.2).
        while start < bytes.count, bytes[start] == 0x0D || bytes[start] == 0x0A { start += 1 }
        searched = max(searched, start)
      }
      let end = bytes[searched...].firstIndex(of: 0x0A) ?? bytes.count
      guard end - start <= HTTP1Head.lineLimit else { throw lines.isEmpty ? .lineTooLong : .headTooLarge }
      searched = end
      guard end < bytes.count else { return nil }
      guard end < HTTP1Head.limit else { throw .headTooLarge }
      let last = end > start && bytes[end - 1] == 0x0D ? end - 1 : end
      if last == start { return try HTTP1Head(lines, length: end + 1) }
      let line = bytes[start..<last]
      guard !line.contains(0) else { throw .badRequest }
      lines.append(Substring(decoding: line, as: UTF8.self))
      start = end + 1
      searched = start
    }
  }
}
