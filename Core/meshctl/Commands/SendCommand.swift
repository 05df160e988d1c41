// SPDX-License-Identifier: Apache-2.0
import MeshCommandLine
import MeshControl

/// `meshctl send`: one message to a peer, followed until its fate is known.
enum SendCommand {
  /// Bytes of a message at most, with room for the rest of the request.
  static let sizeLimit = (1 << 20) - (16 << 10)

  static func declaration(_ surroundings: Surroundings) -> Command {
    Command(
      "send", summary: "Sends a message to a peer",
      discussion:
        "Without TEXT the message is read from standard input. The exit code is 0 once the receiving application "
        + "has released the message.",
      options: [
        CommandOption("protocol", short: "p", value: .text("NAME"), help: "The protocol (default: /mesh/text/1)"),
        CommandOption("lifetime", short: "l", value: .duration, help: "When it expires (default: 30s)"),
        CommandOption(
          "class", short: "c", value: .choice(["realtime", "interactive", "normal", "bulk", "background"]),
          help: "Traffic class (default: normal)"),
        CommandOption(
          "key", value: .text("KEY"), help: "Idempotency key: the receiver acts once on messages with one key"),
      ],
      arguments: [.peer, CommandArgument("TEXT", help: "The message", isOptional: true)],
      examples: [CommandExample("meshctl send bob hello", "Sends a greeting.")]
    ) { invocation, console in
      let isJSON = invocation.flag("json")
      let message = try message(surroundings, invocation)
      let wait = message.lifetime.addingReportingOverflow(30_000_000_000).partialValue | 30_000_000_000
      let outcome = try surroundings.ask(SendMethod.self, message, invocation, timeout: wait) { state in
        if isJSON {
          console.line(json: JSONValue(state.cbor))
        } else if !invocation.flag("quiet") {
          let way = state.transport.map { " over \($0)" } ?? ""
          console.errorLine(TextTable.printable(state.state + way))
        }
      }
      if isJSON {
        console.line(json: JSONValue(outcome.cbor))
      } else {
        let time = DurationFormat.text(nanoseconds: outcome.duration)
        console.line("\(TextTable.printable(outcome.state)) after \(time)")
      }
      if outcome.state != "delivered" {
        let code: ErrorCode = outcome.state == "expired" ? .expired : .refused
        throw CommandFailure(
          code, "the message was not delivered: \(TextTable.printable(outcome.reason ?? outcome.state))",
          hint: advice(outcome.reason, message))
      }
    }
  }

  /// A refusal came from the other node: the paths have nothing to do with it.
  private static func advice(_ reason: String?, _ message: OutgoingMessage) -> String {
    switch reason {
    case "no such protocol":
      "Nobody takes '\(message.protocolName)' there; 'meshctl listen \(message.protocolName)' on that node does."
    case "not allowed":
      "That node's configuration decides who may use '\(message.protocolName)': see 'protocols' there."
    default: "'meshctl why \(message.peer)' shows what was tried."
    }
  }

  private static func message(_ surroundings: Surroundings, _ invocation: Invocation) throws -> OutgoingMessage {
    let payload: [UInt8]
    if let text = invocation.argument("TEXT") {
      payload = Array(text.utf8)
    } else if let bytes = surroundings.readInput(sizeLimit) {
      payload = bytes
    } else {
      payload = Array(repeating: 0, count: sizeLimit + 1)
    }
    guard payload.count <= sizeLimit else {
      throw CommandFailure(
        .limit, "the message is longer than \(sizeLimit) bytes", hint: "Send a file with 'meshctl cp'.")
    }
    return OutgoingMessage(
      peer: invocation.required("PEER"), protocolName: invocation.value("protocol") ?? "/mesh/text/1",
      payload: payload, lifetime: invocation.duration("lifetime") ?? 30_000_000_000,
      trafficClass: invocation.value("class"), key: invocation.value("key").map { Array($0.utf8) })
  }
}
