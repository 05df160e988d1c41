import CMeshABI
import Testing

@testable import MeshConfig

@Suite struct PluginOptionTests {
  private let options = [
    PluginOption(name: "store", kind: .path, fallback: "bundles"),
    PluginOption(name: "window", kind: .size, fallback: "64KiB", range: 1024...1_048_576),
    PluginOption(name: "mode", kind: .string, choices: ["client", "server"]),
    PluginOption(name: "hosts", kind: .string, isList: true),
    PluginOption(name: "token", kind: .string, choices: ["a"], isSecret: true),
    PluginOption(name: "late", kind: .boolean),
  ]

  private func transport(_ keys: String) throws -> TransportSettings {
    try Configuration.parse(text: "transports:\n  x: { \(keys) }\n", name: "/etc/f").transports[0]
  }

  private func refusals(_ keys: String) throws -> [String] {
    let transport = try transport(keys)
    do throws(ConfigurationError) {
      _ = try transport.pluginValues(options)
      return []
    } catch {
      return error.problems.map(\.description)
    }
  }

  @Test func keysAreTypedByThePluginsOptions() throws {
    let values = try transport("mode: server, hosts: [a, b], late: on, priority: 4").pluginValues(options)
    func at(_ column: Int) -> SourcePosition { SourcePosition(line: 2, column: column) }
    #expect(
      values == [
        PluginValue(name: "store", kind: .path, content: .text("/etc/bundles")),
        PluginValue(name: "window", kind: .size, content: .integer(65536)),
        PluginValue(name: "mode", kind: .string, content: .text("server"), position: at(14)),
        PluginValue(name: "hosts", kind: .string, content: .text("a"), position: at(30)),
        PluginValue(name: "hosts", kind: .string, content: .text("b"), position: at(33)),
        PluginValue(name: "late", kind: .boolean, content: .integer(1), position: at(43)),
      ])
  }

  @Test func wrongKeysHaveTheSameErrorsAsTheCores() throws {
    #expect(
      try refusals("widnow: 1, mode: clent, window: 1KB, token: sesame, lisen: x") == [
        "/etc/f:2:8: transports.x.widnow: unknown key; the plugin 'x' has store, window, mode, hosts, token, late; "
          + "did you mean 'window'?",
        "/etc/f:2:25: transports.x.mode: found 'clent'; expected client or server; did you mean 'client'?",
        "/etc/f:2:40: transports.x.window: found '1KB'; expected a size such as 64KiB or 1MB from 1KiB to 1MiB",
        "/etc/f:2:52: transports.x.token: found a hidden value; expected a",
        "/etc/f:2:60: transports.x.lisen: unknown key; the plugin 'x' has store, window, mode, hosts, token, late; "
          + "did you mean 'listen'?",
      ])
  }

  @Test func secretsAndUnknownKeysAreNotPrinted() throws {
    let text = "transports: { x: { token: sesame, mode: server, other: sesame } }"
    let configuration = try Configuration.parse(text: text)
    #expect(!configuration.yaml().contains("mode: server"))
    let printed = configuration.yaml(options: ["x": options])
    #expect(printed.contains("mode: server") && printed.contains("token: hidden") && !printed.contains("sesame"))
  }

  /// Copies options whose text lives as long as the closure.
  private func copy(_ change: (inout mesh_option) -> Void, count: UInt32 = 1) -> String {
    "name".withCString { name in
      "a|b".withCString { choices in
        var option = mesh_option()
        option.name = name
        option.type = MESH_TYPE_STRING
        option.choices = choices
        change(&option)
        do throws(PluginOption.Refusal) {
          return "\(try PluginOption.copy([option, option], count: count).map(\.choices))"
        } catch {
          return error.description
        }
      }
    }
  }

  @Test func hostileOptionsAreRefused() throws {
    #expect(copy { _ in } == "[[\"a\", \"b\"]]")
    #expect(copy { $0.name = nil }.hasPrefix("option 0: a name that is not lower case"))
    #expect(copy { $0.type = 77 } == "option 0: 'name' has the unknown type 77")
    #expect(copy { $0.min = 5 } == "option 0: 'name' has min above max")
    #expect(copy({ _ in }, count: 2) == "option 1: the name 'name' is given twice")
    #expect(copy({ _ in }, count: 4_000_000_000) == "options: 4000000000 of them; expected at most 256")
    #expect(throws: PluginOption.Refusal.self) { try PluginOption.copy(nil, count: 3) }
    #expect(try PluginOption.copy(nil, count: 0) == [])
    let wrong = "c".withCString { text in copy { $0.fallback = text } }
    #expect(wrong == "option 0: the default of 'name' is not a or b")
    let host = "priority".withCString { text in copy { $0.name = text } }
    #expect(host == "option 0: the name 'priority' belongs to the host")
    let capital = "Name".withCString { text in copy { $0.name = text } }
    #expect(capital.hasPrefix("option 0: a name that is not lower case"))
    let long = String(repeating: "n", count: 100_000).withCString { text in copy { $0.name = text } }
    #expect(long.hasPrefix("option 0: a name that is not lower case"))
  }

  @Test func parametersCarryTextNumbersAndPlaces() {
    let values = [
      PluginValue(name: "a", kind: .integer, content: .integer(-5), position: SourcePosition(line: 3, column: 9)),
      PluginValue(name: "b", kind: .string, content: .text("é")),
    ]
    PluginValue.withParameters(values) { parameters in
      #expect(parameters.count == 2)
      #expect(parameters[0].value.integer == -5 && parameters[0].type == MESH_TYPE_INT)
      #expect(parameters[0].line == 3 && parameters[0].column == 9)
      #expect(String(cString: parameters[1].name) == "b")
      #expect(String(cString: parameters[1].value.text) == "é" && parameters[1].len == 2)
    }
    PluginValue.withParameters([]) { #expect($0.isEmpty) }
  }

  @Test func kindsHaveTheNumbersOfTheABI() {
    #expect(
      PluginOption.Kind.allCases.map(\.rawValue) == [
        MESH_TYPE_BOOL, MESH_TYPE_INT, MESH_TYPE_STRING, MESH_TYPE_DURATION, MESH_TYPE_SIZE, MESH_TYPE_PATH,
      ])
  }
}
