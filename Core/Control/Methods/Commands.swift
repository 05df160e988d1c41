// SPDX-License-Identifier: Apache-2.0
import MeshWire

/// The commands of the plugins that run.
public enum CommandsListMethod: ControlMethod {
  /// Its name on the wire.
  public static let name = "commands.list"
  /// Who may call it.
  public static let access = ControlAccess.client
  /// What goes in.
  public typealias Params = Nothing
  /// What comes out.
  public typealias Result = CommandList
}

/// Commands.
public struct CommandList: ControlShape {
  /// Each command.
  public var commands: [CommandInfo]

  /// A value with these fields.
  public init(commands: [CommandInfo] = []) { self.commands = commands }

  /// The fields as a map.
  public var cbor: CBOR { .fields([("commands", .list(commands))]) }

  /// Reads a map.
  public init(cbor: CBOR) throws(ControlError) {
    let fields = try ControlFields(cbor, "command_list")
    commands = try fields.list("commands", CommandInfo.self)
  }
}

/// One command of a plugin.
public struct CommandInfo: ControlShape {
  /// The word after `meshctl`.
  public var group: String
  /// The word after the group.
  public var name: String
  /// As a usage line names them, for example `FILE [NAME...]`.
  public var arguments: String
  /// One sentence.
  public var help: String
  /// Whether it changes something, for which the admin socket is needed.
  public var changes: Bool
  /// The transports whose plugin has it.
  public var transports: [String]

  /// A value with these fields.
  public init(
    group: String, name: String, arguments: String = "", help: String = "", changes: Bool = false,
    transports: [String] = []
  ) {
    self.group = group
    self.name = name
    self.arguments = arguments
    self.help = help
    self.changes = changes
    self.transports = transports
  }

  /// The fields as a map.
  public var cbor: CBOR {
    .fields([
      ("group", .text(group)),
      ("name", .text(name)),
      ("arguments", .text(arguments)),
      ("help", .text(help)),
      ("changes", .bool(changes)),
      ("transports", .texts(transports)),
    ])
  }

  /// Reads a map.
  public init(cbor: CBOR) throws(ControlError) {
    let fields = try ControlFields(cbor, "command_info")
    group = try fields.text("group")
    name = try fields.text("name")
    arguments = try fields.text("arguments")
    help = try fields.text("help")
    changes = try fields.flag("changes")
    transports = try fields.texts("transports")
  }
}

/// Runs a command of a plugin. What it writes comes as events.
public enum CommandsRunMethod: ControlMethod {
  /// Its name on the wire.
  public static let name = "commands.run"
  /// Who may call it; one that changes something needs `admin`.
  public static let access = ControlAccess.client
  /// What goes in.
  public typealias Params = CommandParams
  /// What comes out.
  public typealias Result = Nothing
  /// What happens before it ends.
  public typealias Event = CommandOutput
}

/// What to run.
public struct CommandParams: ControlShape {
  /// The command's group.
  public var group: String
  /// Its name.
  public var name: String
  /// Its arguments.
  public var arguments: [String]
  /// Whether lines of JSON are wanted.
  public var json: Bool
  /// The transport that is meant, where several have the command.
  public var transport: String?

  /// A value with these fields.
  public init(group: String, name: String, arguments: [String] = [], json: Bool = false, transport: String? = nil) {
    self.group = group
    self.name = name
    self.arguments = arguments
    self.json = json
    self.transport = transport
  }

  /// The fields as a map.
  public var cbor: CBOR {
    .fields([
      ("group", .text(group)),
      ("name", .text(name)),
      ("arguments", .texts(arguments)),
      ("json", .bool(json)),
      ("transport", transport.map { .text($0) }),
    ])
  }

  /// Reads a map.
  public init(cbor: CBOR) throws(ControlError) {
    let fields = try ControlFields(cbor, "command_params")
    group = try fields.text("group")
    name = try fields.text("name")
    arguments = try fields.texts("arguments")
    json = try fields.flag("json")
    transport = try fields.optionalText("transport")
  }
}

/// A piece of what a command writes.
public struct CommandOutput: ControlShape {
  /// The bytes.
  public var bytes: [UInt8]

  /// A value with these fields.
  public init(bytes: [UInt8]) { self.bytes = bytes }

  /// The fields as a map.
  public var cbor: CBOR { .fields([("bytes", .bytes(bytes))]) }

  /// Reads a map.
  public init(cbor: CBOR) throws(ControlError) {
    bytes = try ControlFields(cbor, "command_output").bytes("bytes")
  }
}
