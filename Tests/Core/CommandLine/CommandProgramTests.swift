// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import MeshCommandLine

@Suite struct CommandProgramTests {
  let recorder = Recorder()
  let program = CommandProgram(sampleProgram(), version: "1.2.3")

  @Test func exitCodesTellSuccessFailureAndUsage() {
    let console = recorder.console()
    #expect(program.run(["status"], console: console) == 0)
    #expect(program.run(["fail"], console: console) == 1)
    #expect(program.run(["nothing"], console: console) == 2)
    #expect(program.run(["copy", "--help"], console: console) == 0)
  }

  @Test func aUsageErrorSuggestsAndPointsToHelp() {
    _ = program.run(["status", "--jsno"], console: recorder.console())
    #expect(
      recorder.errorText == """
        sample: unknown option '--jsno'
        Did you mean '--json'?
        Run 'sample status --help' for more.

        """)
    #expect(recorder.output.isEmpty)
  }

  @Test func aFailureIsASentenceForPeopleAndJSONForMachines() {
    _ = program.run(["fail"], console: recorder.console())
    #expect(recorder.errorText == "sample: the daemon is away\nStart it.\n")
    recorder.error = []
    _ = program.run(["fail", "--json"], console: recorder.console())
    #expect(
      recorder.errorText
        == #"{"error":{"name":"MESH_E_IO","message":"the daemon is away","hint":"Start it."}}"# + "\n")
  }

  @Test func aWrongCommandLineIsJSONForMachinesToo() {
    #expect(program.run(["status", "--jsno", "--json"], console: recorder.console()) == 2)
    #expect(
      recorder.errorText
        == #"{"error":{"name":"MESH_E_INVALID","message":"unknown option '--jsno'","hint":"Did you mean '--json'?"}}"#
        + "\n")
  }

  @Test func coloursComeOnlyWhereTheyAreWanted() {
    _ = program.run(["fail"], console: recorder.console(colour: true))
    #expect(recorder.errorText.contains("\u{1B}[31m"))
    #expect(Terminal.allowsColour(isTerminal: true, noColour: nil, terminal: "xterm"))
    #expect(Terminal.allowsColour(isTerminal: true, noColour: "", terminal: "xterm"))
    #expect(!Terminal.allowsColour(isTerminal: true, noColour: "1", terminal: "xterm"))
    #expect(!Terminal.allowsColour(isTerminal: false, noColour: nil, terminal: "xterm"))
    #expect(!Terminal.allowsColour(isTerminal: true, noColour: nil, terminal: "dumb"))
  }

  @Test func versionIsOneLine() {
    _ = program.run(["--version"], console: recorder.console())
    #expect(recorder.text == "sample 1.2.3\n")
  }

  @Test func helpListsEveryVisiblePartWithinTheWidth() {
    _ = program.run(["--help"], console: recorder.console(width: 60))
    for word in ["status", "copy", "peers", "--json", "--socket PATH", "--help", "--version", "Second - with a dash."] {
      #expect(recorder.text.contains(word))
    }
    #expect(!recorder.text.contains("secret"))
    #expect(recorder.text.split(separator: "\n").allSatisfy { $0.count <= 60 })
    recorder.output = []
    _ = program.run(["copy", "--help"], console: recorder.console())
    #expect(recorder.text.hasPrefix("Usage: sample copy [OPTIONS] FILE [TARGET...]\n"))
    #expect(recorder.text.contains("-c, --class bulk|normal"))
    #expect(recorder.text.contains("Options of every command:"))
    #expect(recorder.text.contains("sample copy a b"))
  }
}
