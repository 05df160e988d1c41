// SPDX-License-Identifier: Apache-2.0
import CMeshABI

/// The plugin's side of `mesh.command/1`.
enum CommandTable {
  private static func pointer(_ text: StaticString) -> UnsafePointer<CChar> {
    UnsafeRawPointer(text.utf8Start).assumingMemoryBound(to: CChar.self)
  }

  nonisolated(unsafe) private static let descriptions: UnsafePointer<mesh_command> = {
    let all: [(StaticString, StaticString, StaticString, UInt32)] = [
      ("list", "[ENDPOINT]", "Lists the bundles that are kept, or those for an endpoint", 0),
      ("show", "NUMBER", "Shows a bundle block by block", 0),
      ("stats", "", "Shows what is kept and what was done", 0),
      ("reports", "", "Shows status reports that came back, the last 256", 0),
      ("send", "ENDPOINT TEXT [SECONDS] [REPORTS]", "Sends a bundle to any endpoint", MESH_COMMAND_CHANGES),
      ("listen", "SERVICE", "Prints the bundles for a service of this node as they come", MESH_COMMAND_CHANGES),
      ("cancel", "NUMBER", "Takes a bundle out of the store", MESH_COMMAND_CHANGES),
      // From here on the group is dtn.
      ("contacts", "", "Shows the contact plan", 0),
      ("reload", "", "Reads contact plan and key files again", MESH_COMMAND_CHANGES),
      ("routes", "[DESTINATION]", "Shows how bundles are routed, or where one for a destination would go now", 0),
    ]
    let table = UnsafeMutablePointer<mesh_command>.allocate(capacity: all.count)
    for (index, one) in all.enumerated() {
      var command = mesh_command()
      command.size = UInt32(MemoryLayout<mesh_command>.size)
      command.flags = one.3
      command.group = pointer(index < bundleCount ? "bundle" : "dtn")
      command.name = pointer(one.0)
      command.arguments = pointer(one.1)
      command.help = pointer(one.2)
      (table + index).initialize(to: command)
    }
    return UnsafePointer(table)
  }()
  private static let bundleCount = 7
  private static let count: UInt32 = 10

  nonisolated(unsafe) static let shared: UnsafePointer<mesh_command_plugin> = {
    var table = mesh_command_plugin()
    table.size = UInt32(MemoryLayout<mesh_command_plugin>.size)
    table.describe = { $0 < count ? descriptions + Int($0) : nil }
    table.run = run
    table.cancel = { context, token in
      PluginTable.with(context) { instance in
        instance.commands.cancel(token)
        return MESH_OK
      }
    }
    let pointer = UnsafeMutablePointer<mesh_command_plugin>.allocate(capacity: 1)
    pointer.initialize(to: table)
    return UnsafePointer(pointer)
  }()

  private static let run: @convention(c) (UnsafeMutableRawPointer?, UnsafePointer<mesh_command_call>?) -> Int32 = {
    context, call in
    guard let call = call?.pointee, let name = call.name else { return MESH_E_INVALID }
    var arguments: [String] = []
    for index in 0..<Int(call.count) {
      guard let text = call.arguments?[index] else { return MESH_E_INVALID }
      arguments.append(String(cString: text))
    }
    return PluginTable.with(context) { instance in
      defer { instance.wantTurn() }
      return instance.commands.run(
        String(cString: name), arguments, token: call.token, isJSON: call.flags & MESH_COMMAND_JSON != 0,
        instance.agent, reload: instance.reload)
    }
  }
}
