// SPDX-License-Identifier: Apache-2.0
import CMeshABI
import Glibc

/// A command that a plugin offers to people (`mesh.command/1`).
public struct PluginCommand: Sendable, Equatable {
  /// The word after `meshctl`.
  public let group: String
  /// The word after the group.
  public let name: String
  /// Its arguments as a usage line names them.
  public let arguments: String
  /// One sentence.
  public let help: String
  /// Whether it changes something.
  public let changes: Bool

  /// Nil for a description that breaks the rules of the header.
  init?(_ command: UnsafePointer<mesh_command>, of plugin: String) {
    guard command.pointee.size >= UInt32(MemoryLayout<mesh_command>.size),
      let name = Self.word(command.pointee.name), let arguments = Self.line(command.pointee.arguments),
      let help = Self.line(command.pointee.help)
    else { return nil }
    if command.pointee.group == nil {
      group = plugin
    } else {
      guard let word = Self.word(command.pointee.group) else { return nil }
      group = word
    }
    self.name = name
    self.arguments = arguments
    self.help = help
    changes = command.pointee.flags & MESH_COMMAND_CHANGES != 0
  }

  private static func word(_ text: UnsafePointer<CChar>?) -> String? {
    guard let text, (1...32).contains(strnlen(text, 33)) else { return nil }
    let word = String(cString: text)
    let isWord = word.utf8.allSatisfy {
      (0x61...0x7a).contains($0) || (0x30...0x39).contains($0) || $0 == 0x2d
    }
    return isWord && word.first != "-" ? word : nil
  }

  private static func line(_ text: UnsafePointer<CChar>?) -> String? {
    guard let text else { return "" }
    let length = strnlen(text, 257)
    return length <= 256 ? printable(UnsafeRawBufferPointer(start: text, count: length), limit: 256) : nil
  }
}

extension Plugin {
  /// The functions of its commands, if it has any.
  var commandTable: UnsafePointer<mesh_command_plugin>? {
    guard let table = extensionTable(MESH_COMMAND_NAME)?.assumingMemoryBound(to: mesh_command_plugin.self),
      Int(table.pointee.size) >= MemoryLayout<mesh_command_plugin>.size, table.pointee.describe != nil,
      table.pointee.run != nil
    else { return nil }
    return table
  }

  /// The commands that it offers; those whose description breaks the rules are left out.
  public var commands: [PluginCommand] {
    guard let describe = commandTable?.pointee.describe else { return [] }
    var commands: [PluginCommand] = []
    for index in 0..<MESH_COMMAND_COUNT_MAX {
      guard let description = describe(index) else { break }
      if let command = PluginCommand(description, of: info.id), !commands.contains(where: { $0.names(command) }) {
        commands.append(command)
      }
    }
    return commands
  }
}

extension PluginCommand {
  func names(_ other: PluginCommand) -> Bool { group == other.group && name == other.name }
}
