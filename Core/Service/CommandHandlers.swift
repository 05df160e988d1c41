// SPDX-License-Identifier: Apache-2.0
import MeshControl
import MeshNode
import MeshPluginHost

extension NodeService {
  func registerCommands(on server: ControlServer) {
    server.answer(CommandsListMethod.self) { [unowned self] _ in CommandList(commands: self.commands) }
    server.register(CommandsRunMethod.self) { [unowned self] call, params in
      do throws(ControlError) {
        try self.run(params, for: call)
      } catch { call.fail(error) }
    }
  }

  /// The commands of all transports that run, each once.
  private var commands: [CommandInfo] {
    var result: [CommandInfo] = []
    for transport in node.transports where transport.isRunning {
      for command in transport.plugin?.commands ?? [] {
        if let known = result.firstIndex(where: { $0.group == command.group && $0.name == command.name }) {
          result[known].transports.append(transport.name)
        } else {
          result.append(
            CommandInfo(
              group: command.group, name: command.name, arguments: command.arguments, help: command.help,
              changes: command.changes, transports: [transport.name]))
        }
      }
    }
    return result.sorted { ($0.group, $0.name) < ($1.group, $1.name) }
  }

  private func run(_ params: CommandParams, for call: ControlCall) throws(ControlError) {
    let (command, transport) = try find(params)
    guard let instance = transport.instance else { throw ControlError(.state, "'\(transport.name)' does not run") }
    guard !command.changes || call.access == .admin else {
      throw ControlError(
        .permission, "'\(params.group) \(params.name)' changes the node, which takes the admin socket",
        hint: "Run it as root or as the daemon's user.")
    }
    let running: CommandCall
    do throws(PluginError) {
      running = try node.host.run(
        command, of: instance, arguments: params.arguments, json: params.json,
        output: { call.event(CommandOutput(bytes: $0)) },
        end: { status, sentence in
          if status == 0 { return call.reply(Nothing()) }
          let code = ErrorCode(rawValue: status) ?? .internal
          let words = sentence.isEmpty ? "'\(params.group) \(params.name)' has failed" : sentence
          call.fail(ControlError(code, words))
        })
    } catch {
      throw ControlError(
        ErrorCode(rawValue: error.code) ?? .internal, error.text,
        hint: "'meshctl \(params.group) \(params.name) --help' shows how it is used.")
    }
    guard call.isOpen else { return }
    call.onCancel = { [weak node] in node?.host.cancel(running) }
  }

  private func find(_ params: CommandParams) throws(ControlError) -> (PluginCommand, NodeTransport) {
    var found: [(PluginCommand, NodeTransport)] = []
    for transport in node.transports where transport.isRunning {
      guard params.transport == nil || params.transport == transport.name else { continue }
      for command in transport.plugin?.commands ?? [] where command.group == params.group {
        if command.name == params.name { found.append((command, transport)) }
      }
    }
    guard let first = found.first else {
      throw ControlError(
        .notFound, "no transport that runs has the command '\(params.group) \(params.name)'",
        hint: "'meshctl plugins commands' lists those there are.")
    }
    guard found.count == 1 else {
      let names = found.map(\.1.name).joined(separator: ", ")
      throw ControlError(
        .invalid, "several transports have the command '\(params.group) \(params.name)': \(names)",
        hint: "Say which with --transport.")
    }
    return first
  }
}
