// SPDX-License-Identifier: Apache-2.0
import MeshCommandLine
import MeshControl
import MeshCrypto
import MeshWire

/// `meshctl id`: the node's name, or an invitation.
enum IDCommand {
  static func declaration(_ surroundings: Surroundings) -> Command {
    Command(
      "id", summary: "Shows the node's name, or an invitation for another node",
      discussion: "With --identity the key file is read and no daemon is needed.",
      options: [
        CommandOption(flag: "invite", help: "Print one line that 'meshctl peers add' takes on the other node"),
        CommandOption(
          "address", value: .text("ADDRESS"), help: "Put this address into the invitation", isRepeatable: true),
        CommandOption("identity", value: .file("FILE"), help: "Read this key file instead of asking the daemon"),
      ],
      examples: [
        CommandExample("meshctl id", "Prints the name."),
        CommandExample("meshctl id --invite", "Prints the line that introduces this node to another."),
      ]
    ) { invocation, console in
      let (id, line) = try answer(surroundings, invocation)
      if invocation.flag("json") {
        let invitation = line.map { [("invitation", JSONValue.string($0))] } ?? []
        console.line(json: .object([("id", .string(id))] + invitation))
      } else {
        console.line(line ?? id)
        if let line, !line.contains("@"), !invocation.flag("quiet") {
          console.errorLine(
            "It has no address, so the other node cannot dial this one: no transport listens at an address that can be told. "
              + "Set 'listen', and 'advertise' for 0.0.0.0, or give --address.")
        }
      }
    }
  }

  private static func answer(_ surroundings: Surroundings, _ invocation: Invocation) throws -> (String, String?) {
    let addresses = invocation.values("address")
    guard let path = invocation.value("identity") else {
      let id = try surroundings.ask(IDMethod.self, Nothing(), invocation).id
      guard invocation.flag("invite") else { return (id, nil) }
      let params = InviteParams(addresses: addresses)
      return (id, try surroundings.ask(InviteMethod.self, params, invocation).invitation)
    }
    let identity: Identity
    do throws(IdentityFileError) {
      identity = try Identity.load(path)
    } catch {
      throw CommandFailure(.io, "\(error)")
    }
    guard invocation.flag("invite") else { return (identity.id.name, nil) }
    do throws(Invitation.Failure) {
      return (identity.id.name, try Invitation(id: identity.id, addresses: addresses).description)
    } catch {
      throw CommandFailure(.invalid, "\(error)", hint: "Give at least one address with --address.")
    }
  }
}
