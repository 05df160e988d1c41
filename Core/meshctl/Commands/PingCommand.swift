// SPDX-License-Identifier: Apache-2.0
import MeshCommandLine
import MeshControl

/// `meshctl ping`.
enum PingCommand {
  static func declaration(_ surroundings: Surroundings) -> Command {
    Command(
      "ping", summary: "Asks a peer for answers and measures them",
      options: [
        CommandOption("count", short: "n", value: .integer(1...1_000_000), help: "How many times (default: 4)"),
        CommandOption("interval", short: "i", value: .duration, help: "Time between two (default: 1s)"),
        CommandOption("timeout", short: "t", value: .duration, help: "How long to wait for each (default: 5s)"),
      ], arguments: [.peer]
    ) { invocation, console in
      let isJSON = invocation.flag("json")
      let params = PingParams(
        peer: invocation.required("PEER"), count: UInt64(invocation.integer("count") ?? 4),
        interval: invocation.duration("interval") ?? 1_000_000_000,
        timeout: invocation.duration("timeout") ?? 5_000_000_000)
      let wait = params.interval.addingReportingOverflow(params.timeout).partialValue | 10_000_000_000
      let summary = try surroundings.ask(PingMethod.self, params, invocation, timeout: wait) { reply in
        if isJSON {
          console.line(json: JSONValue(reply.cbor))
        } else if !invocation.flag("quiet") {
          console.line(line(reply))
        }
      }
      if isJSON { console.line(json: JSONValue(summary.cbor)) } else { console.line(text(summary)) }
      if summary.received == 0 {
        throw CommandFailure(.timeout, "no answer came", hint: "'meshctl why \(params.peer)' shows what was tried.")
      }
    }
  }

  private static func line(_ reply: PingReply) -> String {
    guard let time = reply.roundTrip else { return "\(reply.sequence): no answer" }
    let way = reply.transport.map { " over \(TextTable.printable($0))" } ?? ""
    return "\(reply.sequence): \(DurationFormat.text(nanoseconds: time))\(way)"
  }

  private static func text(_ summary: PingSummary) -> String {
    var text = "\(summary.received) of \(summary.sent) answered"
    if let least = summary.minimum, let mean = summary.mean, let most = summary.maximum {
      text += ", fastest \(DurationFormat.text(nanoseconds: least)), mean \(DurationFormat.text(nanoseconds: mean))"
      text += ", slowest \(DurationFormat.text(nanoseconds: most))"
    }
    return text
  }
}
