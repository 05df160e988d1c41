// SPDX-License-Identifier: Apache-2.0
import MeshCommandLine
import MeshControl

/// `meshctl transport`: list, enable, disable, abort.
enum TransportCommand {
  static func declaration(_ surroundings: Surroundings) -> Command {
    let list = surroundings.command(
      "list", summary: "Lists the transports in the order of priority", asking: TransportListMethod.self,
      params: { _ in Nothing() }, text: { list, console in table(list.transports, console) })
    let name = CommandArgument("TRANSPORT", help: "Its name in the configuration")
    let enable = surroundings.command(
      "enable", summary: "Switches a transport on", arguments: [name], asking: TransportEnableMethod.self,
      params: { TransportReference(name: $0.required("TRANSPORT")) }, text: { table([$0], $1) })
    let disable = surroundings.command(
      "disable", summary: "Switches a transport off; its traffic moves first", arguments: [name],
      asking: TransportDisableMethod.self, params: { TransportReference(name: $0.required("TRANSPORT")) },
      text: { table([$0], $1) })
    let abort = surroundings.command(
      "abort", summary: "Kills a link without warning, to see the traffic move",
      discussion: "The link ends as if its cable were pulled. Without options it is the link with the most traffic.",
      options: [
        CommandOption("peer", value: .text("PEER"), help: "A link to this peer"),
        CommandOption("transport", value: .text("TRANSPORT"), help: "A link of this transport"),
      ],
      asking: LinksAbortMethod.self,
      params: { LinkChoice(peer: $0.value("peer"), transport: $0.value("transport")) },
      text: { link, _ in
        "Killed link \(link.link) of \(TextTable.printable(link.transport)) to \(TextTable.printable(link.peer))\n"
      })
    return Command(
      "transport", summary: "Lists and switches transports", subcommands: [list, enable, disable, abort], run: list.run)
  }

  /// The table of transports.
  static func table(_ transports: [TransportInfo], _ console: Console) -> String {
    if transports.isEmpty { return "No transports are configured.\n" }
    var table = TextTable(
      ["TRANSPORT", "PRIORITY", "STATE", "LINKS", "SENT", "RECEIVED", "LISTENS AT OR REASON"],
      [.left, .right, .left, .right, .right, .right])
    for transport in transports {
      table.add([
        transport.name, "\(transport.priority)", transport.state, "\(transport.links)",
        ByteFormat.text(transport.bytesSent), ByteFormat.text(transport.bytesReceived),
        transport.reason ?? transport.listeners.joined(separator: " "),
      ])
    }
    return table.render(width: console.resultWidth)
  }
}
