// SPDX-License-Identifier: Apache-2.0

/// The conditions of a request (RFC 9110, 13) against what is there.
struct Preconditions {
  /// What they come to.
  enum Outcome {
    case proceed
    case notModified
    case failed
  }

  let fields: [SiteField]
  /// With its quotes.
  let tag: String
  /// Unix seconds.
  let modified: Int64

  /// In the order of RFC 9110, 13.2.2. A date counts only when it is the very date that was sent before: a file put
  /// back from a backup has changed too.
  var outcome: Outcome {
    if let match = fields.first("if-match") {
      guard matches(match, weakly: false) else { return .failed }
    } else if let date = fields.first("if-unmodified-since").flatMap(HTTPDate.parse), date < modified {
      return .failed
    }
    if let match = fields.first("if-none-match") { return matches(match, weakly: true) ? .notModified : .proceed }
    guard let date = fields.first("if-modified-since").flatMap(HTTPDate.parse) else { return .proceed }
    return date == modified ? .notModified : .proceed
  }

  /// Whether a range is still of the same thing.
  var rangeHolds: Bool {
    guard let condition = fields.first("if-range") else { return true }
    return condition.hasPrefix("\"") ? condition == tag : HTTPDate.parse(condition) == modified
  }

  private func matches(_ list: String, weakly: Bool) -> Bool {
    if list == "*" { return true }
    return list.split(separator: ",").contains { entry in
      var entry = entry.drop { $0 == " " }
      while entry.last == " " { entry.removeLast() }
      if weakly, entry.hasPrefix("W/") { entry = entry.dropFirst(2) }
      return entry == tag
    }
  }
}
