// SPDX-License-Identifier: Apache-2.0
import MeshCommandLine
import MeshControl

/// `meshctl plugins`: list, commands, replace, enable, disable.
enum PluginsCommand {
  static func declaration(_ surroundings: Surroundings) -> Command {
    let list = surroundings.command(
      "list", summary: "Lists the plugins that were found", asking: PluginsListMethod.self, params: { _ in Nothing() },
      text: { list, console in table(list.plugins, console) })
    let commands = surroundings.command(
      "commands", summary: "Lists the commands that plugins bring", asking: CommandsListMethod.self,
      params: { _ in Nothing() }, text: { list, console in table(list.commands, console) })
    let name = CommandArgument("PLUGIN", help: "The plugin's name")
    let replace = surroundings.command(
      "replace", summary: "Loads a new file beside the old one and moves over",
      arguments: [name, CommandArgument("FILE", value: .file("FILE"), help: "The new file")],
      asking: PluginsReplaceMethod.self,
      params: { PluginReplacement(id: $0.required("PLUGIN"), path: $0.required("FILE")) },
      text: { plugin, console in table([plugin], console) })
    func turn(_ word: String, _ summary: String, _ enabled: Bool) -> Command {
      surroundings.command(
        word, summary: summary, arguments: [name], asking: PluginsEnableMethod.self,
        params: { PluginSwitch(id: $0.required("PLUGIN"), enabled: enabled) },
        text: { plugin, console in table([plugin], console) })
    }
    return Command(
      "plugins", summary: "Lists, replaces and switches plugins",
      subcommands: [
        list, commands, replace, turn("enable", "Switches a plugin on", true),
        turn("disable", "Switches a plugin off", false),
      ], run: list.run)
  }

  private static func table(_ commands: [CommandInfo], _ console: Console) -> String {
    if commands.isEmpty { return "No plugin that runs brings a command.\n" }
    var table = TextTable(["COMMAND", "TRANSPORTS", "WHAT IT DOES"])
    for command in commands {
      let line = "meshctl \(command.group) \(command.name) \(command.arguments)"
      table.add([line, command.transports.joined(separator: " "), command.help])
    }
    return table.render(width: console.resultWidth)
  }

  private static func table(_ plugins: [PluginInfo], _ console: Console) -> String {
    if plugins.isEmpty { return "No plugins were found.\n" }
    var table = TextTable(["PLUGIN", "VERSION", "ABI", "STATE", "SCHEMES", "FILE OR REASON"])
    for plugin in plugins {
      table.add([
        plugin.id, plugin.version, plugin.abi, plugin.state, plugin.schemes.joined(separator: " "),
        plugin.reason ?? plugin.path,
      ])
    }
    return table.render(width: console.resultWidth)
  }
}
