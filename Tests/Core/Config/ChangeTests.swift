import Testing

@testable import MeshConfig

@Suite struct ChangeTests {
  private func change(_ old: String, _ new: String) throws -> ConfigurationChange {
    let rest = "transports: { a: { x: 1 }, b: {} }\n"
    func parse(_ text: String) throws -> Configuration {
      try Configuration.parse(text: text.contains("transport") ? text : rest + text)
    }
    return ConfigurationChange.between(try parse(old), try parse(new))
  }

  @Test func formattingIsNoChange() throws {
    let change = try change(
      "transports: { a: { x: 1, y: [2] }, b: {} }", "# moved\ntransports:\n  a:\n    y: ['2']\n    x: \"1\"\n  b:\n")
    #expect(change.items.isEmpty && change.changed.isEmpty)
  }

  @Test(
    arguments: [
      ("log: { level: debug }", "log.level", .live), ("node: { state: /x }", "node.state", .restart),
      ("node: { max_peers: 5 }", "node.max_peers", .live), ("plugins: { trust: any }", "plugins.trust", .restart),
      ("control: { group: x }", "control.group", .restart), ("session: { keepalive: 1s }", "session.keepalive", .live),
      ("metrics: { listen: '127.0.0.1:1' }", "metrics.listen", .restart),
      ("policy: { bulk: { weight: 9 } }", "policy.bulk", .live), ("peers: [{ id: \(alice) }]", "peers", .live),
      ("protocols: { /a/1: {} }", "protocols", .live),
    ] as [(String, String, ConfigurationChange.Effect)])
  func eachPartSaysWhatItsChangeTakes(_ text: String, _ key: String, _ effect: ConfigurationChange.Effect) throws {
    let change = try change("", text)
    // The identity's default lies in the state folder, so both change.
    let items = change.items.filter { $0.key != "node.identity" }
    #expect(items == [ConfigurationChange.Item(key: key, effect: effect)])
    #expect(change.restarts.isEmpty == (effect == .live))
  }

  @Test func transportsComeGoAndChange() throws {
    let change = try change(
      "transports: { a: { x: 1 }, b: {}, c: { listen: ['ws://h'] } }",
      "transports: { a: { x: 2 }, c: { listen: ['ws://i'], binding: none }, d: {} }")
    #expect(change.added == ["d"] && change.removed == ["b"] && change.changed == ["a", "c"])
    #expect(
      change.items == [
        .init(key: "transports.a", effect: .plugin), .init(key: "transports.c.binding", effect: .restart),
        .init(key: "transports.c.listen", effect: .live), .init(key: "transports.d", effect: .live),
        .init(key: "transports.b", effect: .live),
      ])
  }

  @Test func theOrderOfTransportsIsAPriority() throws {
    let change = try change("transport_priority: [a, b]", "transport_priority: [b, a]")
    #expect(change.items.map(\.key) == ["transports.b.priority", "transports.a.priority"])
  }
}
