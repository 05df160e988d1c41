// SPDX-License-Identifier: Apache-2.0
import MeshCommandLine
import MeshControl

/// `meshctl why`: the transport manager's record about one peer.
enum WhyCommand {
  static func declaration(_ surroundings: Surroundings) -> Command {
    surroundings.command(
      "why", summary: "Shows why traffic to a peer goes where it goes",
      discussion:
        "Lists the paths in the order in which they were considered, what each did last, and the last changes.",
      arguments: [.peer], asking: WhyMethod.self, params: { PeerReference(peer: $0.required("PEER")) }, text: text)
  }

  private static func text(_ report: WhyReport, _ console: Console) -> String {
    let name = TextTable.printable(report.alias.map { "\($0) (\(report.peer))" } ?? report.peer)
    let way = TextTable.printable(report.chosen.map { "over \($0)" } ?? "over no path")
    let reason = TextTable.printable(report.reason)
    var text =
      HelpText.wrap(
        "\(name) is \(TextTable.printable(report.state)) \(way): \(reason).", indent: 0, width: console.width) + "\n"
    if !report.paths.isEmpty {
      var table = TextTable(
        ["", "TRANSPORT", "PRIORITY", "STATE", "ROUND TRIP", "LAST", "REASON"], [.left, .left, .right, .left, .right])
      for path in report.paths {
        let retry = path.retryAfter.map { "; next try in \(DurationFormat.text(nanoseconds: $0))" } ?? ""
        table.add([
          path.state == "chosen" ? "*" : "", path.transport, "\(path.priority)", path.state,
          path.roundTrip.map { DurationFormat.text(nanoseconds: $0) } ?? "-", path.lastResult, path.reason + retry,
        ])
      }
      text += "\n" + table.render(width: console.width)
    }
    if !report.changes.isEmpty {
      text += "\nLast changes, newest first:\n"
      for change in report.changes { text += HelpText.wrap(line(change), indent: 2, width: console.width) + "\n" }
    }
    return text
  }

  private static func line(_ change: WhyChange) -> String {
    var text =
      "\(UTCTime.text(milliseconds: change.time))  \(change.from ?? "none") -> \(change.to ?? "none"): \(change.reason)"
    if let gap = change.gap { text += "; gap \(DurationFormat.text(nanoseconds: gap))" }
    if change.requeued > 0 { text += "; \(change.requeued) frames sent again" }
    return TextTable.printable(text)
  }
}

/// Points in time as people read them.
enum UTCTime {
  /// `2026-11-21 04:02:19.250Z`, computed with the civil calendar from days since 1970 (H. Hinnant, 2014).
  static func text(milliseconds: UInt64) -> String {
    let seconds = min(milliseconds / 1000, 253_402_300_799)
    let days = Int(seconds / 86_400) + 719_468
    let era = days / 146_097
    let dayOfEra = days % 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shifted = (5 * dayOfYear + 2) / 153
    let month = shifted < 10 ? shifted + 3 : shifted - 9
    let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    let clock = [seconds / 3600 % 24, seconds / 60 % 60, seconds % 60].map { pad(Int($0), 2) }.joined(separator: ":")
    let date = [pad(year, 4), pad(month, 2), pad(dayOfYear - (153 * shifted + 2) / 5 + 1, 2)].joined(separator: "-")
    return "\(date) \(clock).\(pad(Int(milliseconds % 1000), 3))Z"
  }

  private static func pad(_ number: Int, _ width: Int) -> String {
    String(repeating: "0", count: max(0, width - "\(number)".count)) + "\(number)"
  }
}
