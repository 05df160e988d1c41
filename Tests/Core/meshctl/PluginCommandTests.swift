// SPDX-License-Identifier: Apache-2.0
import MeshControl
import Testing

@testable import MeshctlCommands

@Suite struct PluginCommandTests {
  private static let commands: @Sendable (ControlServer) -> Void = { server in
    server.answer(CommandsListMethod.self) { _ in
      CommandList(commands: [
        CommandInfo(group: "bundle", name: "list", arguments: "[ENDPOINT...]", help: "Lists", transports: ["dtn"]),
        CommandInfo(group: "bundle", name: "drop", arguments: "ID", help: "Drops", changes: true, transports: ["dtn"]),
      ])
    }
    server.register(CommandsRunMethod.self) { call, params in
      _ = call.event(CommandOutput(bytes: Array("\(params.name) \(params.arguments)".utf8)))
      _ = call.event(CommandOutput(bytes: Array(" \(params.json) \(params.transport ?? "-") \(call.access)\n".utf8)))
      if params.arguments == ["bad"] { return call.fail(ControlError(.notFound, "no such bundle")) }
      call.reply(Nothing())
    }
  }

  @Test func aCommandOfAPluginRunsWithItsArgumentsAndPrintsWhatItWrites() {
    #expect(meshctl("bundle", "list", daemon: Self.commands).text == "list [] false - client\n")
    let full = meshctl("--json", "bundle", "--transport", "dtn2", "list", "a", "b", daemon: Self.commands)
    #expect(full.text == "list [\"a\", \"b\"] true dtn2 client\n")
    #expect(meshctl("bundle", "drop", "x", daemon: Self.commands).text == "drop [\"x\"] false - admin\n")
  }

  @Test func itsHelpComesFromItsDescription() {
    let group = meshctl("bundle", "--help", daemon: Self.commands)
    #expect(group.code == 0 && group.text.contains("drop") && group.text.contains("Lists"))
    #expect(meshctl("bundle", "drop", "-h", daemon: Self.commands).text.hasPrefix("Usage: meshctl bundle drop"))
    #expect(meshctl("plugins", "commands", daemon: Self.commands).text.contains("meshctl bundle drop ID"))
  }

  @Test func wrongArgumentsAreRefusedHereAndFailuresAreToldAsEverywhere() {
    #expect(meshctl("bundle", "drop", daemon: Self.commands).code == 2)
    #expect(meshctl("bundle", "sing", daemon: Self.commands).code == 2)
    let failure = meshctl("--json", "bundle", "list", "bad", daemon: Self.commands)
    #expect(failure.code == 1)
    #expect(failure.errors.contains("\"name\":\"MESH_E_NOTFOUND\""))
  }

  @Test func aGroupOfBothHasTheCommandsOfBoth() {
    let group = meshctl("bundle", "--help", daemon: Self.commands)
    #expect(group.text.contains("decode") && group.text.contains("drop"))
    let alone = meshctl("bundle", "--help")
    #expect(alone.code == 0 && alone.text.contains("decode"))
    #expect(meshctl("bundle", "decode", "/nowhere", daemon: Self.commands).errors.contains("/nowhere"))
  }

  @Test func aWordThatNobodyKnowsIsRefusedWithTheNearestOne() {
    #expect(meshctl("staus", daemon: Self.commands).errors.contains("Did you mean 'status'?"))
    #expect(meshctl("bundel", daemon: Self.commands).errors.contains("Did you mean 'bundle'?"))
    let silent = meshctl("bundle", "list")
    #expect(silent.code == 1)
    #expect(silent.errors.contains("plugins cannot be asked"))
  }
}
