import Testing

@testable import MeshConfig

@Suite struct ErrorPositionTests {
  @Test(arguments: [
    (
      "node: { max_peer: 5 }\n",
      "f:1:9: node.max_peer: unknown key; expected one of identity, name, state, access, max_peers, max_sessions, "
        + "idle_timeout, stop_timeout, busy_poll; did you mean 'max_peers'?"
    ),
    ("node: { max_peers: 0 }\n", "f:1:20: node.max_peers: found '0'; expected a whole number from 1 to 100000"),
    ("node: { max_peers: [5] }\n", "f:1:20: node.max_peers: found a list; expected a whole number from 1 to 100000"),
    ("node: { max_peers: }\n", "f:1:20: node.max_peers: found nothing; expected a whole number from 1 to 100000"),
    ("node: { access: opne }\n", "f:1:17: node.access: found 'opne'; expected known or open; did you mean 'open'?"),
    (
      "node:\n  idle_timeout: 10\n",
      "f:2:17: node.idle_timeout: found '10'; expected a duration such as 500ms, 10s, 5m or 1h from 1s to 7d"
    ),
    ("log: debug\n", "f:1:6: log: found 'debug'; expected a map of keys"),
    ("plugins: { directories: [{a: b}] }\n", "f:1:26: plugins.directories: found a map; expected a list of: a path"),
    ("plugins: { directories: [/a, /a] }\n", "f:1:30: plugins.directories: '/a' is given twice"),
    (
      "metrics: { listen: \"0.0.0.0:9464\" }\n",
      "f:1:20: metrics.listen: found '0.0.0.0:9464'; expected a loopback address such as 127.0.0.1:9464, or "
        + "allow_remote: true"
    ),
    (
      "metrics: { listen: localhost }\n",
      "f:1:20: metrics.listen: found 'localhost'; expected a numeric host:port such as 127.0.0.1:9464"
    ),
    ("peers: [{ name: x }]\n", "f:1:9: peers[1].id: missing; expected a node's name such as mesh1…"),
    ("peers: [{ id: mesh1b }]\n", "f:1:15: peers[1].id: found 'mesh1b'; expected a node's name such as mesh1…"),
    ("peers: { a: b }\n", "f:1:8: peers: found a map; expected a list of maps, each with an id"),
    (
      "peers:\n  - { id: \(alice) }\n  - { id: \(alice) }\n",
      "f:3:11: peers[2].id: the peer \(quoted(alice)) is given twice"
    ),
    (
      "policy: { bulky: {} }\n",
      "f:1:11: policy.bulky: unknown class; expected one of realtime, interactive, normal, bulk, background; "
        + "did you mean 'bulk'?"
    ),
    (
      "policy: { bulk: { queue: 1KB } }\n",
      "f:1:26: policy.bulk.queue: found '1KB'; expected a size such as 64KiB or 1MB from 64KiB to 4GiB"
    ),
    (
      "protocols: { file: {} }\n",
      "f:1:14: protocols.file: expected a protocol's name such as /mesh/file/1, at most 64 long"
    ),
    (
      "transports: { a b: {} }\n",
      "f:1:15: transports.'a b': expected a name of letters, digits, '_', '-' and '.', at most 32 long"
    ),
    (
      "transports: { htx: { listen: [nowhere] } }\n",
      "f:1:31: transports.htx.listen: found 'nowhere'; expected an address such as ws://host:8080/mesh"
    ),
    (
      "transports: { htx: { advertise: ['ws://0.0.0.0:80/x'] } }\n",
      "f:1:34: transports.htx.advertise: found 'ws://0.0.0.0:80/x'; expected an address that peers can reach"
    ),
    (
      "transports: { htx: { advertise: ['htx://0.0.0.0:80#ticket=secret'] } }\n",
      "f:1:34: transports.htx.advertise: found 'htx://0.0.0.0:80#…'; expected an address that peers can reach"
    ),
    (
      "transports: { htx: { listen: ['example.org:1#ticket=secret'] } }\n",
      "f:1:31: transports.htx.listen: found 'example.org:1#…'; expected an address such as ws://host:8080/mesh"
    ),
    (
      "transports: { htx: { enabled: maybe } }\n",
      "f:1:31: transports.htx.enabled: found 'maybe'; expected true or false"
    ),
  ]) func aProblemNamesPlaceFindAndExpectation(_ text: String, _ expected: String) {
    #expect(problems("transport_priority: [unix]\n" + text) == [shifted(expected)])
  }

  /// The line of the transports stands before the text.
  private func shifted(_ problem: String) -> String {
    var parts = problem.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false).map(String.init)
    parts[1] = String((Int(parts[1]) ?? 0) + 1)
    return parts.joined(separator: ":")
  }

  @Test func allProblemsAreReportedInTheOrderOfTheFile() {
    let text = "log: { level: loud }\nnodes: {}\ntransport_priority: [a, a]\n"
    #expect(
      problems(text) == [
        "f:1:15: log.level: found 'loud'; expected error, warning, info or debug",
        "f:2:1: nodes: unknown section; expected one of \(Configuration.Schema.sections.joined(separator: ", ")); "
          + "did you mean 'node'?",
        "f:3:25: transport_priority: 'a' is given twice",
      ])
  }

  @Test func atMostTwentyProblemsAreReported() {
    let text = "node: {" + (1...30).map { "k\($0): 1" }.joined(separator: ", ") + "}"
    #expect(problems(text).count == 20)
  }

  @Test func aFindingCannotForgeAnotherLine() {
    let found = problems("transport_priority: [a]\nlog: { level: \"x\\nerror: y\\e[2J\" }\n")
    #expect(found == ["f:2:15: log.level: found 'x\\u{a}error: y\\u{1b}[2J'; expected error, warning, info or debug"])
    let long = problems("transport_priority: [a]\nlog: { level: \(String(repeating: "x", count: 500)) }\n")
    #expect(long[0].utf8.count < 200)
    #expect(problems("\"a\\nb\": 1\ntransport_priority: [a]")[0].hasPrefix("f:1:1: 'a\\u{a}b': unknown section"))
  }

  @Test func bothWaysToOrderTransportsAreAnError() {
    let text = "transport_priority: [htx]\ntransports:\n  htx: { priority: 1 }\n"
    #expect(
      problems(text) == [
        "f:3:20: transports: priority: is given as well as transport_priority on line 1; expected one"
      ])
  }

  @Test(arguments: ["", "transport_priority: []", "transports: {}"]) func aNodeNeedsATransport(_ text: String) {
    #expect(problems(text).count == 1)
    #expect(problems(text).first?.contains("no transport; expected at least one") == true)
  }
}
