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
        "\(name) is \(TextTable.printable(report.state)) \(way): \(reason).", indent: 0, width: console.resultWidth)
      + "\n"
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
      text += "\n" + table.render(width: console.resultWidth)
    }
    if !report.changes.isEmpty {
      text += "\nLast changes, newest first:\n"
      for change in report.changes { text += HelpText.wrap(line(change), indent: 2, width: console.resultWidth) + "\n" }
    }
    return text
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
