import Testing

@testable import MeshConfig

@Suite struct SchemaTests {
  static let tables = [
    ("node", Configuration.Schema.node), ("plugins", Configuration.Schema.plugins),
    ("transports", Configuration.Schema.transport), ("policy", Configuration.Schema.policy),
    ("peers", Configuration.Schema.peer), ("protocols", Configuration.Schema.protocol),
    ("control", Configuration.Schema.control), ("log", Configuration.Schema.log),
    ("metrics", Configuration.Schema.metrics), ("session", Configuration.Schema.session),
  ]

  @Test(arguments: tables.indices) func everyDefaultIsOfItsType(_ index: Int) {
    for key in Self.tables[index].1 where key.fallback != nil {
      #expect(key.fallbackValue != nil, "\(Self.tables[index].0).\(key.name)")
    }
  }

  @Test(
    arguments: [
      ("0", 0), ("1ns", 1), ("2us", 2000), ("500ms", 500_000_000), ("10s", 10_000_000_000), ("5m", 300_000_000_000),
      ("1h", 3_600_000_000_000), ("1d", 86_400_000_000_000),
    ] as [(String, Int64)]) func durationsHaveUnits(_ text: String, _ value: Int64)
  {
    #expect(SchemaUnits.nanoseconds(text) == value)
    #expect(SchemaUnits.nanoseconds(SchemaUnits.duration(value)) == value)
  }

  @Test(arguments: ["", "1", "s", "1 s", "-1s", "1.5s", "1S", "9999999999999h", "99999999999999999999s", "+1s", "１s"])
  func whatIsNoDurationIsRefused(_ text: String) {
    #expect(SchemaUnits.nanoseconds(text) == nil)
  }

  @Test(
    arguments: [
      ("0", 0), ("4096", 4096), ("1B", 1), ("1KB", 1000), ("1kB", 1000), ("64KiB", 65536), ("1MB", 1_000_000),
      ("1MiB", 1 << 20), ("3GiB", 3 << 30), ("2TB", 2_000_000_000_000), ("1TiB", 1 << 40),
    ] as [(String, Int64)]) func sizesHaveUnits(_ text: String, _ value: Int64)
  {
    #expect(SchemaUnits.bytes(text) == value)
    #expect(SchemaUnits.bytes(SchemaUnits.size(value)) == value)
  }

  @Test(arguments: ["", "-1", "1kb", "1K", "KiB", "9999999TiB", "0x10", "1e3", "1_000"])
  func whatIsNoSizeIsRefused(_ text: String) {
    #expect(SchemaUnits.bytes(text) == nil)
  }

  @Test(arguments: ["1", "true "] + ["True", "y", "", "0"]) func whatIsNoTruthValueIsRefused(_ text: String) {
    #expect(SchemaType.boolean.value(of: text) == nil)
  }

  @Test(arguments: [
    ("ws://h", true), ("htx+a.b-1://[::1]:4433", true), ("ble://", true), ("loopback:alice", true),
    ("unix:@name", true),
    ("localhost:8080", false), ("unix:", false), ("WS://h", false), ("ws:/h", false),
    ("://h", false), ("1ws://h", false), ("ws://h h", false), ("ws://é", false), ("ws", false), ("", false),
  ]) func addressesHaveASchemeAndNoSpaces(_ text: String, _ isAddress: Bool) {
    #expect(SchemaType.isAddress(text) == isAddress)
  }

  @Test(arguments: [
    ("max_peer", "max_peers"), ("levle", "level"), ("LEVEL", "level"), ("x", nil), ("zzzzzz", nil), ("", nil),
    ("max_pers_", "max_peers"),
  ]) func theNearestWordIsSuggested(_ text: String, _ expected: String?) {
    #expect(Suggestion.nearest(to: text, among: ["level", "format", "max_peers"]) == expected)
  }

  @Test func editDistanceCountsSwapsOnce() {
    func distance(_ first: String, _ second: String) -> Int {
      Suggestion.distance(Array(first.unicodeScalars), Array(second.unicodeScalars))
    }
    #expect(distance("", "abc") == 3)
    #expect(distance("kitten", "sitting") == 3)
    #expect(distance("ab", "ba") == 1)
    #expect(distance("same", "same") == 0)
  }
}
