// SPDX-License-Identifier: Apache-2.0
import MeshCommandLine
import MeshControl
import MeshCrypto

/// `meshctl peers`: list, add, remove.
enum PeersCommand {
  static func declaration(_ surroundings: Surroundings) -> Command {
    let list = surroundings.command(
      "list", summary: "Lists the peers", asking: PeersListMethod.self, params: { _ in Nothing() }, text: table)
    let add = surroundings.command(
      "add", summary: "Makes a peer known and lets it in",
      options: [CommandOption("alias", value: .text("NAME"), help: "What to call it here")],
      arguments: [CommandArgument("INVITATION", help: "The line that 'meshctl id --invite' printed on the other node")],
      examples: [CommandExample("meshctl peers add --alias bob 'LINE'", "Adds the node that printed LINE.")],
      asking: PeersAddMethod.self, params: addition,
      text: { peer, _ in "Added \(TextTable.printable(peer.alias.map { "\($0), " } ?? ""))\(peer.id)\n" })
    let remove = surroundings.command(
      "remove", summary: "Forgets a peer that was added", arguments: [.peer], asking: PeersRemoveMethod.self,
      params: { PeerReference(peer: $0.required("PEER")) }, text: { _, _ in "Removed\n" })
    return Command(
      "peers", summary: "Lists, adds and removes peers", subcommands: [list, add, remove], run: list.run)
  }

  /// Checked here, so that a typing error is explained without a daemon.
  private static func addition(_ invocation: Invocation) throws -> PeerAddition {
    let line = invocation.required("INVITATION")
    do throws(Invitation.Failure) {
      _ = try Invitation.parse(line)
    } catch {
      throw CommandFailure(
        .invalid, "this is not an invitation: \(error)",
        hint: "Run 'meshctl id --invite' on the other node and copy all of the line.")
    }
    return PeerAddition(invitation: line, alias: invocation.value("alias"))
  }

  private static func table(_ list: PeerList, _ console: Console) -> String {
    if list.peers.isEmpty { return "No peers yet. Add one with 'meshctl peers add INVITATION'.\n" }
    var table = TextTable(
      ["PEER", "STATE", "TRANSPORT", "ROUND TRIP", "WAITING", "ADDRESSES"], [.left, .left, .left, .right, .right])
    for peer in list.peers {
      table.add([
        peer.alias ?? peer.id, peer.state, peer.transport ?? "-",
        peer.roundTrip.map { DurationFormat.text(nanoseconds: $0) } ?? "-", ByteFormat.text(peer.queued),
        peer.addresses.joined(separator: " "),
      ])
    }
    return table.render(width: console.resultWidth)
  }
}
