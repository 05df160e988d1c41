// SPDX-License-Identifier: Apache-2.0
import MeshCommandLine
import MeshControl

/// `meshctl listen`: serves a protocol and prints what arrives. A message is released once it has been printed.
enum ListenCommand {
  static func declaration(_ surroundings: Surroundings) -> Command {
    Command(
      "listen", summary: "Prints the messages of a protocol as they arrive",
      discussion: "Each message counts as delivered once it has been printed. With --raw only the bytes are printed.",
      options: [
        CommandOption("count", short: "n", value: .integer(1...Int64.max), help: "End after so many messages"),
        CommandOption(flag: "raw", help: "Print the bytes alone, without names and line ends"),
      ],
      arguments: [CommandArgument("PROTOCOL", help: "The protocol (default: /mesh/text/1)", isOptional: true)]
    ) { invocation, console in
      do throws(ControlError) {
        try listen(surroundings, invocation, console)
      } catch {
        throw CommandFailure(error)
      }
    }
  }

  private static func listen(_ surroundings: Surroundings, _ invocation: Invocation, _ console: Console)
    throws(ControlError)
  {
    let client = try surroundings.connect(invocation, ListenMethod.access)
    var left = invocation.integer("count") ?? .max
    // What is handed over and not printed is refused in the end.
    let subscription = Subscription(
      protocolName: invocation.argument("PROTOCOL") ?? "/mesh/text/1", window: UInt64(min(left, 64)))
    let call = try client.start(ListenMethod.name, subscription.cbor)
    while left > 0 {
      switch try client.next(call) {
      case .event(let event):
        let message = try IncomingMessage(cbor: event)
        show(message, invocation, console)
        // The answer is waited for: when this program ends, the release has been heard.
        let release = MessageRelease(subscription: call, message: message.message)
        if left == 1 {
          _ = try client.call(ReleaseMethod.self, release)
        } else {
          _ = try client.start(ReleaseMethod.name, release.cbor)
        }
        left -= 1
      case .result: return
      case .data, .end, .credit: continue
      }
    }
    try client.cancel(call)
  }

  private static func show(_ message: IncomingMessage, _ invocation: Invocation, _ console: Console) {
    if invocation.flag("json") {
      console.line(json: JSONValue(message.cbor))
    } else if invocation.flag("raw") {
      console.write(bytes: message.payload)
    } else {
      let text = String(validating: message.payload, as: UTF8.self).map(TextTable.printable)
      let note = message.duplicate ? " (perhaps again)" : ""
      console.line("\(TextTable.printable(message.peer)): \(text ?? "\(message.payload.count) bytes")\(note)")
    }
  }
}
