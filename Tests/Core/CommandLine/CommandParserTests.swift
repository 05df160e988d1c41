// SPDX-License-Identifier: Apache-2.0
import TestSupport
import Testing

@testable import MeshCommandLine

@Suite struct CommandParserTests {
  @Test func optionsMayStandAnywhereAfterTheirCommand() throws {
    let parsed = try #require(try invocation("--json", "copy", "a", "--class=bulk", "b", "-n", "3", "c"))
    #expect(parsed.name == "sample copy")
    #expect(parsed.flag("json"))
    #expect(parsed.value("class") == "bulk")
    #expect(parsed.integer("count") == 3)
    #expect(parsed.required("FILE") == "a")
    #expect(parsed.arguments("TARGET") == ["b", "c"])
  }

  @Test func shortFormsCombine() throws {
    let parsed = try #require(try invocation("copy", "-jfn7", "a"))
    #expect(parsed.flag("json") && parsed.flag("force"))
    #expect(parsed.integer("count") == 7)
  }

  @Test func twoDashesEndTheOptions() throws {
    let parsed = try #require(try invocation("copy", "--", "--json", "-x"))
    #expect(parsed.required("FILE") == "--json")
    #expect(parsed.arguments("TARGET") == ["-x"])
    #expect(!parsed.flag("json"))
  }

  @Test func aSingleDashIsAnArgument() throws {
    #expect(try invocation("copy", "-")?.required("FILE") == "-")
  }

  @Test func repeatableOptionsKeepTheirOrder() throws {
    #expect(try invocation("copy", "a", "--tag", "x", "--tag=y")?.values("tag") == ["x", "y"])
  }

  @Test func timesAndSizesAreRead() throws {
    let parsed = try #require(try invocation("copy", "a", "--wait", "250ms", "--size", "10MiB"))
    #expect(parsed.duration("wait") == 250_000_000)
    #expect(parsed.bytes("size") == 10_485_760)
  }

  @Test func anUnknownCommandNamesTheNearest() {
    let error = usageError("stauts")
    #expect(error?.word == "stauts")
    #expect(error?.suggestion == "status")
    #expect(usageError("peers", "ad")?.suggestion == "add")
    #expect(usageError("xyzzy")?.suggestion == nil)
    #expect(usageError("secrt")?.suggestion == nil)
  }

  @Test func anUnknownOptionNamesTheNearest() {
    #expect(usageError("status", "--jsno")?.suggestion == "--json")
    #expect(usageError("status", "--jsno")?.command == "sample status")
    #expect(usageError("status", "-z")?.message == "unknown option '-z'")
  }

  @Test func wrongValuesSayWhatWasExpected() {
    #expect(usageError("copy", "a", "--class", "bluk")?.suggestion == "bulk")
    #expect(usageError("copy", "a", "-n", "11")?.message.contains("1 to 10") == true)
    #expect(usageError("copy", "a", "--wait", "soon")?.message.contains("250ms") == true)
    #expect(usageError("copy", "a", "--size", "-1")?.message.contains("10MiB") == true)
    #expect(usageError("copy", "a", "--json=yes")?.message.contains("takes no value") == true)
  }

  @Test func missingAndSurplusWordsAreErrors() {
    #expect(usageError("copy")?.message.contains("needs FILE") == true)
    #expect(usageError("copy", "a", "--class")?.message.contains("needs a value") == true)
    #expect(usageError("status", "extra")?.word == "extra")
    #expect(usageError("peers")?.message.contains("list, add") == true)
    #expect(usageError("copy", "a", "-n1", "-n2")?.message.contains("twice") == true)
  }

  @Test func helpAndVersionWinOverAnIncompleteLine() throws {
    guard case .help(let path) = try CommandParser.parse(sampleProgram(), ["copy", "--help"]) else {
      Issue.record("no help")
      return
    }
    #expect(path.map(\.name) == ["sample", "copy"])
    guard case .version = try CommandParser.parse(sampleProgram(), ["--version"]) else {
      Issue.record("no version")
      return
    }
  }

  @Test func nonsenseNeverTraps() {
    var generator = SeededGenerator(7)
    let parts = [
      "-", "--", "copy", "peers", "add", "--json", "=", "--class=", "-n", "99999999999999999999", "\u{0}", "é", "",
    ]
    for _ in 0..<2000 {
      let words = (0..<Int.random(in: 0...5, using: &generator)).map { _ in
        (0..<Int.random(in: 1...2, using: &generator)).map { _ in parts.randomElement(using: &generator) ?? "" }
          .joined()
      }
      do throws(UsageError) {
        _ = try CommandParser.parse(sampleProgram(), words)
      } catch {
        #expect(!error.message.isEmpty)
      }
    }
  }

  @Test func distanceCountsNeighbourSwapsOnce() {
    #expect(NearestName.distance("status", "stauts") == 1)
    #expect(NearestName.distance("kitten", "sitting") == 3)
    #expect(NearestName.distance("", "abc") == 3)
  }
}
