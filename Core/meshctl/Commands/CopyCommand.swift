// SPDX-License-Identifier: Apache-2.0
import MeshCommandLine
import MeshControl
import MeshWire

/// `meshctl cp`: sends a file and reports done only after the receiver's rename is on disk.
enum CopyCommand {
  static func declaration(_ surroundings: Surroundings) -> Command {
    Command(
      "cp", summary: "Sends a file to a peer",
      discussion:
        "An interrupted copy goes on where it stopped when the same command is given again. It is done only after "
        + "the receiver has checked the hash and the file is on its disk.",
      options: [
        CommandOption(flag: "force", short: "f", help: "Replace an existing file of that name"),
        CommandOption(
          "class", short: "c", value: .choice(["realtime", "interactive", "normal", "bulk", "background"]),
          help: "Traffic class (default: bulk)"),
      ],
      arguments: [
        CommandArgument("FILE", value: .file("FILE"), help: "The file"),
        CommandArgument("PEER:[NAME]", help: "Whom to send it to, and its name there (default: the same)"),
      ],
      examples: [CommandExample("meshctl cp photo.jpg bob:", "Sends a photo to bob.")]
    ) { invocation, console in
      do throws(ControlError) {
        let outcome = try copy(surroundings, invocation, console)
        report(outcome, invocation, console)
      } catch {
        throw CommandFailure(error)
      }
    }
  }

  /// The peer and the name after the colon; a peer's name has no colon.
  static func target(_ word: String, file: String) throws(ControlError) -> (peer: String, name: String) {
    guard let colon = word.firstIndex(of: ":"), colon != word.startIndex else {
      throw ControlError(.invalid, "'\(word)' names no peer", hint: "Write 'PEER:' or 'PEER:NAME', for example 'bob:'.")
    }
    let name = String(word[word.index(after: colon)...])
    return (String(word[..<colon]), name.isEmpty ? file : name)
  }

  private static func copy(_ surroundings: Surroundings, _ invocation: Invocation, _ console: Console)
    throws(ControlError) -> CopyOutcome
  {
    let isQuiet = invocation.flag("quiet") || invocation.flag("json")
    let file = try SourceFile(invocation.required("FILE"))
    let (peer, name) = try target(invocation.required("PEER:[NAME]"), file: file.name)
    let client = try surroundings.connect(invocation, CopySendMethod.access)
    let offer = CopyOffer(
      peer: peer, fileName: name, size: file.size, digest: try file.digest { _ in },
      force: invocation.flag("force"), trafficClass: invocation.value("class"))
    let call = try client.start(CopySendMethod.name, offer.cbor)
    var bar = ProgressBar(name, total: file.size, console: console, isQuiet: isQuiet)
    var position: UInt64?
    var credit: UInt64 = 0
    var isEnded = false
    while true {
      switch try client.next(call) {
      case .event(let event):
        let progress = try CopyProgress(cbor: event)
        if progress.state == "ready" {
          guard progress.offset <= file.size else {
            throw ControlError(.protocol, "the daemon wants to go on behind the end of the file")
          }
          position = progress.offset
        }
        bar.update(progress.offset, now: surroundings.now())
        note(progress, invocation, console)
      case .credit(let bytes):
        credit = credit.addingReportingOverflow(bytes).overflow ? .max : credit + bytes
      case .result(let result):
        bar.finish(file.size, now: surroundings.now())
        return try CopyOutcome(cbor: result)
      case .data, .end: continue
      }
      guard var next = position, !isEnded else { continue }
      while next < file.size, credit > 0 {
        let bytes = try file.read(at: next, Int(min(file.size - next, credit, 64 << 10)))
        try client.send(call, bytes)
        next += UInt64(bytes.count)
        credit -= UInt64(bytes.count)
      }
      position = next
      if next == file.size {
        try client.sendEnd(call)
        isEnded = true
      }
    }
  }

  private static func note(_ progress: CopyProgress, _ invocation: Invocation, _ console: Console) {
    if invocation.flag("json") {
      console.line(json: JSONValue(progress.cbor))
    } else if progress.state == "moved", !invocation.flag("quiet") {
      let reason = progress.note.map { ": \($0)" } ?? ""
      let line = TextTable.printable("moved to \(progress.transport ?? "another path")\(reason)")
      console.errorLine((console.isErrorTerminal ? "\r\u{1B}[K" : "") + line)
    }
  }

  private static func report(_ outcome: CopyOutcome, _ invocation: Invocation, _ console: Console) {
    let digest = Hex.encode(outcome.digest)
    if invocation.flag("json") {
      return console.line(json: JSONValue(outcome.cbor).with("digest", .string(digest)))
    }
    if invocation.flag("quiet") { return }
    var text = "\(TextTable.printable(outcome.fileName)): \(ByteFormat.text(outcome.size))"
    text += " in \(DurationFormat.text(nanoseconds: outcome.duration))"
    if outcome.resumedAt > 0 { text += ", resumed at \(ByteFormat.text(outcome.resumedAt))" }
    if outcome.moves > 0 { text += ", moved \(outcome.moves) \(outcome.moves == 1 ? "time" : "times")" }
    console.line("\(text)\nsha256 \(digest)")
  }
}
