// SPDX-License-Identifier: Apache-2.0
import MeshCommandLine
import MeshControl

/// `meshctl status`.
enum StatusCommand {
  static func declaration(_ surroundings: Surroundings) -> Command {
    surroundings.command(
      "status", summary: "Shows the state of the node", asking: StatusMethod.self, params: { _ in Nothing() },
      text: text)
  }

  private static func text(_ status: NodeStatus, _ console: Console) -> String {
    var rows = [
      ("Node", status.id), ("Version", "\(status.version), up \(DurationFormat.text(nanoseconds: status.uptime))"),
    ]
    if let path = status.configuration { rows.append(("Configuration", path)) }
    rows += [
      ("Peers", "\(status.peers) known, \(status.sessions) sessions, \(status.links) links"),
      ("Messages", "\(status.messagesSent) sent, \(status.messagesReceived) received"),
      ("Waiting", ByteFormat.text(status.queued)), ("Memory", ByteFormat.text(status.memory)),
    ]
    var text = rows.map { label($0.0) + TextTable.printable($0.1) + "\n" }.joined()
    if !status.transports.isEmpty { text += "\n" + TransportCommand.table(status.transports, console) }
    for problem in status.problems {
      text += "\(console.colour(.yellow, "Attention:")) \(TextTable.printable(problem))\n"
    }
    return text
  }

  private static func label(_ name: String) -> String {
    name + ":" + String(repeating: " ", count: max(1, 15 - name.count))
  }
}
