// SPDX-License-Identifier: Apache-2.0
import BundleAgent
import BundlePlan
import BundleProtocol

/// Status reports as lines for people and as JSON, and the names of their kinds.
enum ReportText {
  static let kinds: [(name: String, flag: BundleFlags)] = [
    ("received", .reportReception), ("forwarded", .reportForwarding), ("delivered", .reportDelivery),
    ("deleted", .reportDeletion),
  ]

  /// `all`, or names with commas between them; nil for anything else.
  static func wishes(_ text: String) -> BundleFlags? {
    guard text != "all" else { return .reports }
    var wishes: BundleFlags = []
    for word in text.split(separator: ",", omittingEmptySubsequences: false) {
      guard let kind = kinds.first(where: { $0.name == word }) else { return nil }
      wishes.insert(kind.flag)
    }
    return wishes
  }

  private static let reasons = [
    "", "lifetime expired", "one-way link", "cancelled", "no room", "destination not understood", "no route",
    "no timely contact", "a block not understood", "forwarded too often", "traffic pared", "a block not supported",
    "security missing", "security unknown", "security unexpected", "security failed", "security conflicting",
  ]

  private static func reason(_ reason: StatusReason) -> String {
    reason.rawValue < UInt64(reasons.count) ? reasons[Int(reason.rawValue)] : "reason \(reason.rawValue)"
  }

  /// One report.
  static func line(_ heard: BundleAgent.HeardReport, isJSON: Bool) -> String {
    let report = heard.report
    let assertions = zip(kinds, [report.received, report.forwarded, report.delivered, report.deleted])
      .filter { $0.1.isTrue }
    guard isJSON else {
      let words = assertions.map { kind, assertion in
        assertion.time.map { "\(kind.name) at \(PlanTime.text($0))" } ?? kind.name
      }
      let why = reason(report.reason)
      return JSON.printable(
        "\(heard.source): \(report.subject) \(words.joined(separator: ", "))\(why.isEmpty ? "" : " (\(why))")")
    }
    let fields = assertions.map { kind, assertion in
      "\"\(kind.name)\":\(assertion.time.map { "\($0)" } ?? "true")"
    }
    let about = "\"bundle\":\(JSON.text("\(report.subject)")),\"reason\":\(report.reason.rawValue)"
    return "{\"from\":\(JSON.text("\(heard.source)")),\"heard\":\(heard.time),"
      + "\((fields + [about]).joined(separator: ","))}"
  }
}
