// SPDX-License-Identifier: Apache-2.0
import BundleProtocol

/// Reads contact plans in the syntax of ION's `ionadmin`: `a contact START END FROM TO RATE [CONFIDENCE]` and
/// `a range START END FROM TO SECONDS`; other commands and comments are passed over.
///
/// Times are `yyyy/mm/dd-hh:mm:ss` in UTC, or `+SECONDS` after the reference time. Rates are bytes a second. A range
/// holds in both directions unless one is given for the other, and covers what of a contact lies in it; a contact
/// without a range has no delay.
public enum IONContactPlan {
  private struct Range {
    var from: UInt64
    var to: UInt64
    var start: UInt64
    var end: UInt64
    var delay: UInt64
  }

  /// - Parameter reference: milliseconds of the bundle epoch that `+0` means.
  public static func read(_ text: String, reference: UInt64) throws(ContactPlanError) -> [Contact] {
    var contacts: [(from: UInt64, to: UInt64, contact: Contact)] = []
    var ranges: [Range] = []
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    for (index, line) in lines.enumerated() {
      let words = line.prefix { $0 != "#" }.split { $0 == " " || $0 == "\t" || $0 == "\r" }.map { String($0) }
      guard words.count >= 2, words[0] == "a", words[1] == "contact" || words[1] == "range" else { continue }
      var fields = Fields(words: words, line: index + 1, reference: reference)
      let start = try fields.time("start")
      let end = try fields.time("end")
      let from = try fields.number("node")
      let to = try fields.number("node")
      guard start < end else { throw ContactPlanError(line: index + 1, text: "it ends before it begins") }
      if words[1] == "range" {
        ranges.append(Range(from: from, to: to, start: start, end: end, delay: try fields.number("delay") * 1000))
      } else {
        let contact = Contact(
          from: node(from), to: node(to), start: start, end: end, rate: try fields.number("rate"),
          confidence: try fields.confidence())
        contacts.append((from, to, contact))
      }
    }
    return contacts.flatMap { one in
      let own = ranges.filter { $0.from == one.from && $0.to == one.to }
      let covering = own.isEmpty ? ranges.filter { $0.from == one.to && $0.to == one.from } : own
      return split(one.contact, by: covering)
    }
  }

  private static func node(_ number: UInt64) -> EndpointID {
    .ipn(allocator: UInt32(number >> 32), node: UInt32(truncatingIfNeeded: number), service: 0, isShort: true)
  }

  /// The parts of a contact for which ranges say how far apart the nodes are.
  private static func split(_ contact: Contact, by ranges: [Range]) -> [Contact] {
    guard !ranges.isEmpty else { return [contact] }
    return ranges.sorted { $0.start < $1.start }.compactMap { range in
      var part = contact
      part.start = max(part.start, range.start)
      part.end = min(part.end, range.end)
      part.delay = range.delay
      return part.start < part.end ? part : nil
    }
  }

  private struct Fields {
    var words: [String]
    var line: Int
    var reference: UInt64
    var next = 2

    mutating func word(_ what: String) throws(ContactPlanError) -> String {
      guard next < words.count else { throw ContactPlanError(line: line, text: "the \(what) is missing") }
      defer { next += 1 }
      return words[next]
    }

    mutating func number(_ what: String) throws(ContactPlanError) -> UInt64 {
      let text = try word(what)
      guard let value = UInt64(text), value < 1 << 50 else {
        throw ContactPlanError(line: line, text: "'\(text)' is not a \(what)")
      }
      return value
    }

    mutating func confidence() throws(ContactPlanError) -> Double {
      guard next < words.count else { return 1 }
      let text = try word("confidence")
      guard let value = Double(text), value >= 0, value <= 1 else {
        throw ContactPlanError(line: line, text: "'\(text)' is not a confidence from 0 to 1")
      }
      return value
    }

    mutating func time(_ what: String) throws(ContactPlanError) -> UInt64 {
      let text = try word("\(what) time")
      let refusal = ContactPlanError(
        line: line, text: "'\(text)' is not a time; expected +SECONDS or yyyy/mm/dd-hh:mm:ss")
      if text.hasPrefix("+") {
        guard let seconds = UInt64(text.dropFirst()), seconds < 1 << 40 else { throw refusal }
        return reference + seconds * 1000
      }
      let numbers = text.split(whereSeparator: { "/-:".contains($0) }).map { Int($0) }
      guard text.count == 19, numbers.count == 6, !numbers.contains(nil),
        let time = CalendarTime.milliseconds(numbers.map { $0 ?? 0 })
      else { throw refusal }
      return time
    }
  }
}
