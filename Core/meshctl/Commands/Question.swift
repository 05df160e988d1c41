// SPDX-License-Identifier: Apache-2.0
import MeshCommandLine
import MeshControl

extension CommandFailure {
  /// The failure that a control error means for the user of a command.
  init(_ error: ControlError) { self.init(error.message, name: error.name, hint: error.hint) }

  /// A failure of a known code.
  init(_ code: ErrorCode, _ message: String, hint: String = "") {
    self.init(message, name: code.name, hint: hint)
  }
}

extension Surroundings {
  /// Calls a method and returns its result, with control errors turned into failures of the command.
  func ask<M: ControlMethod>(
    _ method: M.Type, _ params: M.Params, _ invocation: Invocation, timeout: UInt64? = 30_000_000_000,
    onEvent: (M.Event) throws(ControlError) -> Void = { _ in }
  ) throws -> M.Result {
    do throws(ControlError) {
      return try connect(invocation, M.access).call(method, params, timeout: timeout, onEvent: onEvent)
    } catch {
      throw CommandFailure(error)
    }
  }

  /// A command that asks one question and prints the answer: as one line of JSON, or as `text` makes it.
  func command<M: ControlMethod>(
    _ name: String, summary: String, discussion: String = "", options: [CommandOption] = [],
    arguments: [CommandArgument] = [], examples: [CommandExample] = [], asking method: M.Type,
    params: @escaping (Invocation) throws -> M.Params, text: @escaping (M.Result, Console) -> String
  ) -> Command {
    Command(
      name, summary: summary, discussion: discussion, options: options, arguments: arguments, examples: examples
    ) { invocation, console in
      let result = try ask(method, try params(invocation), invocation)
      if invocation.flag("json") {
        console.line(json: JSONValue(result.cbor))
      } else {
        console.write(text(result, console))
      }
    }
  }
}

extension CommandArgument {
  /// The argument that names a peer.
  static let peer = CommandArgument("PEER", help: "The peer's name (mesh1…) or alias")
}
