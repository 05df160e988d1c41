// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import MeshCommandLine

@Suite struct FormatTests {
  @Test(
    arguments: [
      (0, "0 B"), (999, "999 B"), (1000, "0.98 KiB"), (1536, "1.5 KiB"), (1_048_576, "1 MiB"), (1_023_000, "999 KiB"),
      (1_023_999, "0.98 MiB"), (209_715_200, "200 MiB"), (UInt64.max, "16 EiB"),
    ] as [(UInt64, String)])
  func bytesHaveThreeDigits(_ bytes: UInt64, _ text: String) { #expect(ByteFormat.text(bytes) == text) }

  @Test(
    arguments: [
      (0, "0 s"), (250, "250 ns"), (250_000, "250 µs"), (1_500_000, "1.5 ms"), (999_600_000, "1 s"),
      (12_000_000_000, "12 s"), (200_000_000_000, "3 min 20 s"), (59_600_000_000, "1 min"),
      (7_500_000_000_000, "2 h 5 min"), (356_400_000_000_000, "4 d 3 h"),
    ] as [(UInt64, String)])
  func timesHaveAtMostTwoUnits(_ time: UInt64, _ text: String) {
    #expect(DurationFormat.text(nanoseconds: time) == text)
  }

  @Test func sizesAreReadWithBinaryUnitsAndWithoutOverflow() {
    #expect(ByteFormat.parse("64k") == 65536)
    #expect(ByteFormat.parse("7B") == 7)
    #expect(ByteFormat.parse("18446744073709551615") == UInt64.max)
    for bad in ["", "k", "-1", "1x", "1.5k", "18446744073709551616", "99999999T", "٣"] {
      #expect(ByteFormat.parse(bad) == nil)
    }
  }

  @Test func timesAreReadWithUnitsAndWithoutOverflow() {
    #expect(DurationFormat.parse("10") == 10_000_000_000)
    #expect(DurationFormat.parse("5m") == 300_000_000_000)
    #expect(DurationFormat.parse("7d") == 604_800_000_000_000)
    for bad in ["", "s", "-1s", "1 s", "1y", "9999999999d"] { #expect(DurationFormat.parse(bad) == nil) }
  }

  @Test func theClockDoesNotJumpInWidth() {
    #expect(DurationFormat.clock(seconds: 7) == "0:07")
    #expect(DurationFormat.clock(seconds: 750) == "12:30")
    #expect(DurationFormat.clock(seconds: 11_109) == "3:05:09")
  }

  @Test func everyControlCharacterOfJSONIsEscaped() {
    #expect(
      JSONWriter.write(.string("a\"b\\c\n\t\r\u{8}\u{C}\u{1}\u{7F}é😀/")) == #""a\"b\\c\n\t\r\b\f\u0001\u007fé😀/""#)
    for scalar in 0..<0x20 as Range<UInt32> {
      let text = JSONWriter.write(.string(String(Unicode.Scalar(scalar)!)))
      #expect(text.utf8.allSatisfy { $0 >= 0x20 })
      #expect(text.utf8.count >= 4)
    }
  }

  @Test func valuesOfEveryKindAreWritten() {
    let value = JSONValue.object([
      ("none", .null), ("yes", .bool(true)), ("least", .integer(.min)), ("most", .unsigned(.max)),
      ("half", .number(0.5)), ("endless", .number(.infinity)),
      ("list", .array([.integer(1), .array([]), .object([])])),
    ])
    #expect(
      JSONWriter.write(value) == #"{"none":null,"yes":true,"least":-9223372036854775808,"most":18446744073709551615,"#
        + #""half":0.5,"endless":null,"list":[1,[],{}]}"#)
  }

  @Test func tablesAlignAndFitTheWidth() {
    var table = TextTable(["PEER", "RTT"], [.left, .right])
    table.add(["a-rather-long-name", "1 ms"])
    table.add(["b", "250 µs"])
    #expect(
      table.render(width: 80) == "PEER                   RTT\na-rather-long-name    1 ms\nb                   250 µs\n")
    let narrow = table.render(width: 16)
    #expect(narrow.split(separator: "\n").allSatisfy { $0.count <= 16 })
    #expect(narrow.contains("a-rathe…"))
  }

  @Test func escapeSequencesOfOthersDoNotReachTheTerminal() {
    var table = TextTable(["NAME"])
    table.add(["\u{1B}[31mred\u{7}\u{9B}"])
    #expect(table.render(width: 80) == "NAME\n?[31mred??\n")
  }
}
