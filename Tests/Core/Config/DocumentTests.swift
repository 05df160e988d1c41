import Testing

@testable import MeshConfig

@Suite struct DocumentTests {
  private func root(_ text: String) throws -> DocumentNode? {
    try DocumentParser.parse(Array(text.utf8), source: "f")
  }

  private func refusal(_ bytes: [UInt8], limits: DocumentLimits = DocumentLimits()) -> String? {
    do throws(ConfigurationProblem) {
      _ = try DocumentParser.parse(bytes, source: "f", limits: limits)
      return nil
    } catch {
      return error.description
    }
  }

  private func refusal(_ text: String) -> String? { refusal(Array(text.utf8)) }

  @Test func valuesKeepTheirTextAndPlace() throws {
    let node = try #require(try root("a: 0660\nb:\n  - yes\n  - \"x\"\n"))
    guard case .map(let entries) = node.content else {
      Issue.record("expected a map")
      return
    }
    #expect(entries.map(\.key) == ["a", "b"])
    #expect(entries[0].value == DocumentNode(.text("0660", isPlain: true), at: SourcePosition(line: 1, column: 4)))
    #expect(
      entries[1].value.content
        == .list([
          DocumentNode(.text("yes", isPlain: true), at: SourcePosition(line: 3, column: 5)),
          DocumentNode(.text("x", isPlain: false), at: SourcePosition(line: 4, column: 5)),
        ]))
  }

  @Test func columnsCountScalarsNotBytes() throws {
    let node = try #require(try root("{é: x}"))
    guard case .map(let entries) = node.content else {
      Issue.record("expected a map")
      return
    }
    #expect(entries[0].value.position == SourcePosition(line: 1, column: 5))
  }

  @Test(arguments: ["", "# nothing\n", "---\n", "~\n"]) func aTextWithoutAValueHasNoRoot(_ text: String) throws {
    #expect(try root(text) == nil)
  }

  @Test(arguments: [
    ("a: 1\na: 2\n", "f:2:1: the key 'a' is already given on line 1"),
    ("a: &x 1\n", "f:1:4: an anchor ('&…') is refused; write the value out where it is needed"),
    ("a: *x\n", "f:1:4: an alias ('*…') is refused; write the value out"),
    ("a: !!int 1\n", "f:1:4: a tag ('!…') is refused; expected plain text, a list or a map"),
    ("a: !x [1]\n", "f:1:4: a tag ('!…') is refused; expected plain text, a list or a map"),
    ("a: 1\n---\nb: 2\n", "f:2:1: a second document starts here; expected one document in the file"),
    ("[a]: 1\n", "f:1:1: a list as a key is refused; expected text"),
    ("a: \"x\\0y\"\n", "f:1:4: text with a NUL character is refused"),
    ("a: 'x\n", "f:2:1: not YAML: while scanning a quoted scalar: found unexpected end of stream"),
    ("a: [1\nb: 2\n", "f:2:2: not YAML: while parsing a flow sequence: did not find expected ',' or ']'"),
  ]) func whatIsNotTakenIsRefusedWithItsPlace(_ text: String, _ expected: String) {
    #expect(refusal(text) == expected)
  }

  @Test func bytesThatAreNotUTF8HaveAPlace() {
    let bytes = Array("a: 1\nb: é".utf8) + [0xff, 0x0a]
    #expect(refusal(bytes) == "f:2:5: not UTF-8 text: invalid leading UTF-8 octet")
    #expect(refusal([0xff, 0xfe, 0x61, 0x00])?.hasPrefix("f:1:1: not UTF-8 text") == true)
  }

  @Test func aBombOfAliasesEndsAtItsFirstAnchor() {
    var text = "a: &a [x, x, x, x, x, x, x, x, x]\n"
    for (from, to) in zip("abcdefgh", "bcdefghi") {
      text += "\(to): &\(to) [" + Array(repeating: "*\(from)", count: 9).joined(separator: ", ") + "]\n"
    }
    #expect(refusal(text) == "f:1:4: an anchor ('&…') is refused; write the value out where it is needed")
  }

  @Test func nestingHasALimit() {
    let allowed = String(repeating: "[", count: 16) + String(repeating: "]", count: 16)
    #expect(refusal(allowed) == nil)
    #expect(refusal("[" + allowed + "]") == "f:1:17: nested more than 16 levels deep; expected fewer")
    #expect(
      refusal(String(repeating: "[", count: 500_000)) == "f:1:17: nested more than 16 levels deep; expected fewer")
    #expect(refusal(String(repeating: "- ", count: 500_000))?.contains("nested more than 16") == true)
    #expect(refusal(String(repeating: "{a: ", count: 100_000))?.contains("nested more than 16") == true)
  }

  @Test func valuesHaveALimit() {
    let text = "[" + Array(repeating: "x", count: 20_000).joined(separator: ",") + "]"
    #expect(refusal(text)?.contains("more than 20000 values") == true)
    #expect(refusal("[" + Array(repeating: "x", count: 19_999).joined(separator: ",") + "]") == nil)
  }

  @Test func bytesHaveALimit() {
    let text = [UInt8](repeating: UInt8(ascii: " "), count: 1 << 20)
    #expect(refusal(text) == nil)
    #expect(refusal(text + [32]) == "f: the file is too large; expected at most 1048576 bytes")
  }
}
