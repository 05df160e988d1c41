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
    let way = TextTable.printable(report.chosen.map { " over \($0)" } ?? "")
    let reason = TextTable.printable(report.reason)
    var text =
      HelpText.wrap(
        "\(name) is \(TextTable.printable(report.state))\(way): \(reason).", indent: 0, width: console.resultWidth)
      + "\n"
    if !report.paths.isEmpty {
      var table = TextTable(
        ["", "TRANSPORT", "PRIORITY", "STATE", "ROUND TRIP", "LAST", "REASON"], [.left, .left, .right, .left, .right])
      for path in report.paths {
        table.add([
          path.state == "chosen" ? "*" : "", path.transport, "\(path.priority)", path.state,
          path.roundTrip.map { DurationFormat.text(nanoseconds: $0) } ?? "-", path.lastResult, explanation(path),
        ])
      }
      text += "\n" + table.render(width: console.resultWidth)
    }
    if !report.changes.isEmpty {
      text += "\nLast changes, newest first:\n"
      for change in report.changes { text += HelpText.wrap(line(change), indent: 2, width: console.resultWidth) + "\n" }
    }
    return text
  }

  /// Without what stands in the column before, and with the time of the next try where it is not told.
  private static func explanation(_ path: WhyPath) -> String {
    let repeated = "; \(path.lastResult)"
    let reason = path.reason.hasSuffix(repeated) ? String(path.reason.dropLast(repeated.count)) : path.reason
    let isTold = reason.hasPrefix("tried again in ") || reason.hasPrefix("breaker open for ")
    guard let retry = path.retryAfter, !isTold else { return reason }
    return "\(reason); next try in \(DurationFormat.text(nanoseconds: retry))"
  }

  /// `unix -> websocket: `, when the change was a move.
  private static func moved(_ change: WhyChange) -> String {
    if change.from == nil && change.to == nil { return "" }
    return "\(change.from ?? "none") -> \(change.to ?? "none"): "
  }

  private static func line(_ change: WhyChange) -> String {
    var text =
      "\(UTCTime.text(milliseconds: change.time))  " + moved(change) + change.reason
    if let gap = change.gap { text += "; gap \(DurationFormat.text(nanoseconds: gap))" }
    if change.requeued > 0 { text += "; \(change.requeued) frames sent again" }
    return TextTable.printable(text)
  }
}
