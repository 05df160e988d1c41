import Testing

@testable import MeshConfig

@Suite struct PropertyTests {
  private static let sample = """
    node: { identity: identity.key, max_peers: 100, access: open, idle_timeout: 5m }
    plugins: { directories: [a, /b], trust: any }
    transports:
      htx: { priority: 1, listen: ["htx://0.0.0.0:4433"], own: {a: [b]} }
      dtn: { priority: 9, store: 'x' }
    policy: { bulk: { forbid: [dtn], queue: 1MiB } }
    peers:
      - { id: \(alice), name: alice, addresses: ["htx://192.0.2.7:4433"] }
    protocols: { /mesh/file/1: { allow: [alice], folder: files } }
    metrics: { listen: "127.0.0.1:9464" }
    """
  private static let pieces = [
    "{", "}", "[", "]", ":", ": ", "- ", ",", "&a", "*a", "!!x ", "---\n", "...\n", "\n", "\n  ", "\t", "'", "\"",
    "|\n",
    ">\n", "#", "%YAML 1.1\n", "<<: ", "? ", "\u{0}", "\u{feff}", "é", "node:", "peers:", "transports:", "~", "0",
    "-1s",
    "9999999999999999999999", "\\u0000", "\\xff",
  ]

  /// Accepts or refuses, and either way within the limits of the format.
  private func check(_ bytes: [UInt8]) {
    do throws(ConfigurationError) {
      let configuration = try Configuration.parse(bytes: bytes, name: "f")
      #expect(!configuration.transports.isEmpty && configuration.policies.count == 5)
      let again = try Configuration.parse(text: configuration.yaml(), name: "/f")
      #expect(again.transports.map(\.name) == configuration.transports.map(\.name))
      for transport in configuration.transports { _ = try? transport.pluginValues([]) }
    } catch {
      #expect((1...20).contains(error.problems.count))
      #expect(error.problems.allSatisfy { !$0.description.utf8.contains { $0 < 0x20 } })
    }
  }

  @Test(arguments: 0..<20 as Range<UInt64>) func mutatedTextIsAcceptedOrRefused(_ seed: UInt64) {
    var generator = SplitMix64(state: seed)
    for _ in 0..<40 {
      var bytes = Array(Self.sample.utf8)
      for _ in 0..<Int.random(in: 1...6, using: &generator) {
        let at = Int.random(in: 0..<bytes.count, using: &generator)
        switch Int.random(in: 0..<4, using: &generator) {
        case 0: bytes[at] = UInt8.random(in: 0...255, using: &generator)
        case 1: bytes.remove(at: at)
        case 2: bytes.removeSubrange(at..<min(bytes.count, at + Int.random(in: 1...40, using: &generator)))
        default:
          bytes.insert(contentsOf: (Self.pieces.randomElement(using: &generator) ?? "").utf8, at: at)
        }
        if bytes.isEmpty { break }
      }
      check(bytes)
    }
  }

  @Test(arguments: 0..<20 as Range<UInt64>) func randomTextIsAcceptedOrRefused(_ seed: UInt64) {
    var generator = SplitMix64(state: seed &+ 1000)
    for _ in 0..<40 {
      let count = Int.random(in: 0...40, using: &generator)
      let text = (0..<count).map { _ in Self.pieces.randomElement(using: &generator) ?? "" }.joined()
      check(Array(text.utf8))
    }
  }
}
