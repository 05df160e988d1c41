// SPDX-License-Identifier: Apache-2.0
import CMeshABI
import Glibc

extension PluginHost {
  /// Runs a command of an instance. `output` and `end` are called from now on, also before this returns, and never after
  /// `end`; they must not call the host.
  ///
  /// - Parameter json: whether lines of JSON are wanted.
  /// - Returns: what `cancel` takes.
  public func run(
    _ command: PluginCommand, of id: InstanceID, arguments: [String], json: Bool,
    output: @escaping CommandCall.Output, end: @escaping CommandCall.End
  ) throws(PluginError) -> CommandCall {
    let incarnation = try runningIncarnation(id)
    guard let context = incarnation.context, let run = incarnation.plugin.commandTable?.pointee.run else {
      throw PluginError(.state, "\(incarnation.name): has no commands", code: MESH_E_UNSUPPORTED)
    }
    let areGood =
      arguments.count <= Int(MESH_COMMAND_ARGUMENTS_MAX)
      && arguments.allSatisfy { $0.utf8.count <= Int(MESH_COMMAND_ARGUMENT_MAX) && !$0.utf8.contains(0) }
    guard areGood else {
      throw PluginError(.argument, "too many arguments, or one too long", code: MESH_E_INVALID)
    }
    guard commandCalls.values.count(where: { $0.incarnation === incarnation }) < Int(MESH_COMMAND_RUNNING_MAX) else {
      throw PluginError(.resource, "\(incarnation.name): runs as many commands as it may", code: MESH_E_BUSY)
    }
    nextCommand += 1
    let call = CommandCall(incarnation, token: nextCommand, output: output, end: end)
    commandCalls[call.token] = call
    let (code, sentence) = incarnation.asked("'\(command.group) \(command.name)' does not take these arguments") {
      Self.with(command, arguments, call.token, json) { description in
        incarnation.call("run") { run(context, description) }
      }
    }
    if let sentence, commandCalls[call.token] != nil {
      commandCalls[call.token] = nil
      throw PluginError(.argument, sentence, code: code)
    }
    return call
  }

  /// The person has gone: the plugin is told, and neither `output` nor `end` is called any more.
  public func cancel(_ call: CommandCall) {
    guard commandCalls.removeValue(forKey: call.token) != nil, callDepth == 0, let context = call.incarnation.context,
      call.incarnation.isOpen, let table = call.incarnation.plugin.commandTable, let cancel = table.pointee.cancel
    else { return }
    _ = call.incarnation.call("cancel") { cancel(context, call.token) }
  }

  /// The incarnation is gone, and with it what it was doing for people.
  func endCommands(of incarnation: Incarnation) {
    for call in commandCalls.values where call.incarnation === incarnation {
      commandCalls[call.token] = nil
      call.end(MESH_E_CLOSED, "the plugin has stopped")
    }
  }

  /// Builds what the plugin is lent for the time of the call.
  private static func with(
    _ command: PluginCommand, _ arguments: [String], _ token: UInt64, _ json: Bool,
    _ body: (UnsafePointer<mesh_command_call>) -> Int32
  ) -> Int32 {
    let words = arguments.map { strdup($0) }
    defer { for word in words { free(word) } }
    let pointers = words.map { UnsafePointer($0) }
    return pointers.withUnsafeBufferPointer { pointers in
      command.group.withCString { group in
        command.name.withCString { name in
          var call = mesh_command_call()
          call.size = UInt32(MemoryLayout<mesh_command_call>.size)
          call.flags = json ? MESH_COMMAND_JSON : 0
          call.token = token
          call.group = group
          call.name = name
          call.arguments = pointers.baseAddress
          call.count = UInt32(pointers.count)
          return body(&call)
        }
      }
    }
  }
}
