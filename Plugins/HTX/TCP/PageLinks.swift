// SPDX-License-Identifier: Apache-2.0

/// What a page shows: images, scripts and styles of its own site, as a reader that knows no more of HTML than attributes.
public enum PageLinks {
  /// Longest target that is followed, bytes.
  private static let longest = 512
  /// What `href` leads to in pages that show it; anything else is a link to click.
  private static let shown = [".css", ".ico", ".png", ".svg", ".js", ".woff2", ".webmanifest"]

  /// At most `limit` targets of requests, each once, in the order of the page.
  ///
  /// - Parameter path: the page's own, for names without a slash.
  public static func find(_ page: [UInt8], at path: String, limit: Int) -> [String] {
    let folder = path[...(path.lastIndex(of: "/") ?? path.startIndex)]
    var found: [String] = []
    var at = 0
    while at < page.count, found.count < limit {
      guard let equals = page[at...].firstIndex(of: 0x3D) else { break }
      at = equals + 1
      let isSource = page[..<equals].suffix(4).elementsEqual(" src".utf8)
      guard isSource || page[..<equals].suffix(5).elementsEqual(" href".utf8), at < page.count else { continue }
      let quote = page[at]
      guard quote == 0x22 || quote == 0x27 else { continue }
      let start = at + 1
      guard let end = page[start...].prefix(longest).firstIndex(of: quote) else { continue }
      at = end + 1
      guard let target = target(page[start..<end], folder), isSource || shown.contains(where: target.hasSuffix),
        !found.contains(target)
      else { continue }
      found.append(target)
    }
    return found
  }

  /// What stands for a path of the same site.
  private static func target(_ value: ArraySlice<UInt8>, _ folder: Substring) -> String? {
    guard let first = value.first, value.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != 0x23 }) else { return nil }
    let text = String(decoding: value, as: UTF8.self)
    if first == 0x2F { return text.hasPrefix("//") ? nil : text }
    guard first != 0x2E, first != 0x3F, !value.contains(0x3A) else { return nil }
    return folder + text
  }
}
