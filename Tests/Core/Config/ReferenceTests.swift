import Glibc
import Testing

@testable import MeshConfig

/// The reference for operators says what the schema says: every key, its type, default and effect, and nothing else.
@Suite struct ReferenceTests {
  private static func read(_ relative: String) throws -> String {
    let root = #filePath.split(separator: "/").dropLast(4).joined(separator: "/")
    let file = try #require(fopen("/\(root)/\(relative)", "r"))
    defer { fclose(file) }
    var bytes = [UInt8](repeating: 0, count: 1 << 20)
    let count = fread(&bytes, 1, bytes.count, file)
    return String(decoding: bytes.prefix(count), as: UTF8.self)
  }

  private static func row(_ key: SchemaKey) -> String {
    let type = key.isList ? "list of: \(key.type.expectation)" : key.type.expectation
    let otherwise = key.isRequired ? "required" : key.isList && key.otherwise == "none" ? "empty" : key.otherwise
    let fallback = key.fallback.map { "`\($0)`" } ?? otherwise
    return "| `\(key.name)` | \(type) | \(fallback) | \(key.isLive ? "live" : "restart") | \(key.help) |"
  }

  /// The rows of each section, by its heading.
  private static func rows(_ text: String) -> [String: [String]] {
    var result: [String: [String]] = [:]
    var section = ""
    for line in text.split(separator: "\n") {
      if line.hasPrefix("### `") { section = String(line.dropFirst(5).prefix { $0 != "`" }) }
      if line.hasPrefix("| `"), !section.isEmpty { result[section, default: []].append(String(line)) }
    }
    return result
  }

  @Test func everyKeyIsInTheReferenceAsItIs() throws {
    let rows = Self.rows(try Self.read("docs/operator/configuration.md"))
    var expected = Dictionary(uniqueKeysWithValues: SchemaTests.tables.map { ($0.0, $0.1.map(Self.row)) })
    expected["transport_priority"] = [Self.row(Configuration.Schema.priority)]
    #expect(Set(rows.keys) == Set(Configuration.Schema.sections))
    for section in Configuration.Schema.sections {
      #expect(rows[section] == expected[section], "section \(section)")
    }
  }

  @Test func everyVariableIsInTheReference() throws {
    let text = try Self.read("docs/operator/configuration.md")
    for variable in Configuration.Schema.variables { #expect(text.contains("`\(variable)`"), "\(variable)") }
  }

  @Test(arguments: ["configuration", "observing"]) func everyExampleIsAccepted(_ page: String) throws {
    let blocks = try Self.read("docs/operator/\(page).md").split(
      separator: "```yaml\n", omittingEmptySubsequences: false)
    #expect(blocks.count > 1)
    for block in blocks.dropFirst() {
      let example = block.prefix(upTo: try #require(block.firstRange(of: "```")).lowerBound)
      let first = "transport_priority: [websocket]\n"
      #expect(problems((example.contains("transport") ? "" : first) + example) == [], "\(example)")
    }
  }
}
