// SPDX-License-Identifier: Apache-2.0
import MeshCommandLine
import MeshControl
import MeshCrypto
import MeshWire

/// `meshctl keygen`: makes an identity without a daemon.
enum KeygenCommand {
  static func declaration() -> Command {
    Command(
      "keygen", summary: "Makes a new identity",
      discussion: "Writes a new secret key, readable by you alone, and prints the node's name. No daemon is needed.",
      options: [CommandOption(flag: "force", help: "Replace an existing key: the old name is lost for ever")],
      arguments: [
        CommandArgument(
          "FILE", value: .file("FILE"), help: "Where the key is kept (default: identity.key)", isOptional: true)
      ],
      examples: [CommandExample("meshctl keygen /etc/mesh/identity.key", "Makes the key of this machine's node.")]
    ) { invocation, console in
      let path = invocation.argument("FILE") ?? "identity.key"
      let identity = Identity.generate()
      do throws(IdentityFileError) {
        try identity.save(path, replace: invocation.flag("force"))
      } catch {
        throw CommandFailure(.io, "\(error)")
      }
      if invocation.flag("json") {
        console.line(json: .object([("id", .string(identity.id.name)), ("file", .string(path))]))
      } else {
        console.line(identity.id.name)
      }
    }
  }
}
