// SPDX-License-Identifier: Apache-2.0
import CMeshABI
import MeshEventLoop
import Testing

@testable import MeshPluginHost

@Suite struct CommandTests {
  /// The echo plugin of Tests/ABI/drafts, and what it says.
  private struct Echo {
    let node: TestNode
    let id: InstanceID
    let plugin: Plugin

    init() throws {
      node = try TestNode()
      plugin = try node.host.load(HostilePlugin.extensionPlugin("command"))
      id = try node.host.createInstance(of: plugin, name: "echo")
      let host = node.host
      try node.call { try host.start(id) }
      node.settle()
    }

    func run(_ arguments: [String], hasRoom: Bool = true) throws -> (output: String, end: String) {
      var said = ""
      var end = "open"
      _ = try node.host.run(
        plugin.commands[0], of: id, arguments: arguments, json: false,
        output: {
          said += String(decoding: $0, as: UTF8.self)
          return hasRoom
        }, end: { end = "\($0) \($1)" })
      return (said, end)
    }
  }

  @Test func thePluginDescribesItsCommandsOnce() throws {
    let commands = try Echo().plugin.commands
    #expect(commands.map(\.name) == ["echo"])
    #expect(commands.first?.group == "draft")
    #expect(commands.first?.arguments == "WORD")
    #expect(commands.first?.changes == false)
  }

  @Test func whatACommandWritesAndItsEndReachTheCaller() throws {
    let outcome = try Echo().run(["hello"])
    #expect(outcome.output == "hello")
    #expect(outcome.end == "0 ")
  }

  @Test func aCommandThatRefusesItsArgumentsHasNotRun() throws {
    let echo = try Echo()
    #expect { try echo.run([]) } throws: { ($0 as? PluginError)?.code == MESH_E_INVALID }
    #expect { try echo.run(Array(repeating: "a", count: 33)) } throws: { ($0 as? PluginError)?.code == MESH_E_INVALID }
    #expect(try echo.run(["again"]).output == "again")
  }

  @Test func aTokenThatIsSpentIsRefused() throws {
    let echo = try Echo()
    let table = CommandTable.shared.pointee
    let incarnation = try #require(echo.node.host.live.first)
    #expect(table.write(incarnation.pointer, 77, "x", 1) == MESH_E_STALE)
    #expect(table.done(incarnation.pointer, 77, MESH_OK, nil, 0) == MESH_E_STALE)
  }

  @Test func callsUnderWayEndWithTheirInstance() throws {
    let echo = try Echo()
    let host = echo.node.host
    var end: Int32?
    let incarnation = try #require(host.live.first)
    let call = CommandCall(incarnation, token: 99, output: { _ in true }, end: { code, _ in end = code })
    host.commandCalls[99] = call
    try echo.node.call { try host.stop(echo.id, deadline: MESH_DEADLINE_NONE) }
    #expect(echo.node.wait { end != nil })
    #expect(end == MESH_E_CLOSED)
    #expect(host.commandCalls.isEmpty)
  }
}
