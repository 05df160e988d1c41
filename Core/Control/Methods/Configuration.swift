// SPDX-License-Identifier: Apache-2.0
import MeshWire

/// The configuration in force, defaults included, secrets left out.
public enum ConfigShowMethod: ControlMethod {
  /// Its name on the wire.
  public static let name = "config.show"
  /// Who may call it.
  public static let access = ControlAccess.admin
  /// What goes in.
  public typealias Params = Nothing
  /// What comes out.
  public typealias Result = ConfigurationText
}

/// A configuration.
public struct ConfigurationText: ControlShape {
  /// The file that it came from.
  public var path: String?
  /// The text.
  public var yaml: String

  /// A value with these fields.
  public init(path: String? = nil, yaml: String) {
    self.path = path
    self.yaml = yaml
  }

  /// The fields as a map.
  public var cbor: CBOR {
    .fields([
      ("path", path.map { .text($0) }),
      ("yaml", .text(yaml)),
    ])
  }

  /// Reads a map.
  public init(cbor: CBOR) throws(ControlError) {
    let fields = try ControlFields(cbor, "configuration_text")
    path = try fields.optionalText("path")
    yaml = try fields.text("yaml")
  }
}

/// Checks a configuration against the schemas of core and plugins without using it.
public enum ConfigCheckMethod: ControlMethod {
  /// Its name on the wire.
  public static let name = "config.check"
  /// Who may call it.
  public static let access = ControlAccess.admin
  /// What goes in.
  public typealias Params = ConfigurationSource
  /// What comes out.
  public typealias Result = ConfigurationReport
}

/// What to check; without text, the file in use.
public struct ConfigurationSource: ControlShape {
  /// Name for messages.
  public var name: String?
  /// The text.
  public var yaml: String?

  /// A value with these fields.
  public init(name: String? = nil, yaml: String? = nil) {
    self.name = name
    self.yaml = yaml
  }

  /// The fields as a map.
  public var cbor: CBOR {
    .fields([
      ("name", name.map { .text($0) }),
      ("yaml", yaml.map { .text($0) }),
    ])
  }

  /// Reads a map.
  public init(cbor: CBOR) throws(ControlError) {
    let fields = try ControlFields(cbor, "configuration_source")
    name = try fields.optionalText("name")
    yaml = try fields.optionalText("yaml")
  }
}

/// What is wrong; empty when nothing is.
public struct ConfigurationReport: ControlShape {
  /// Each problem.
  public var problems: [ConfigurationProblem]

  /// A value with these fields.
  public init(problems: [ConfigurationProblem] = []) {
    self.problems = problems
  }

  /// The fields as a map.
  public var cbor: CBOR {
    .fields([
      ("problems", .list(problems))
    ])
  }

  /// Reads a map.
  public init(cbor: CBOR) throws(ControlError) {
    let fields = try ControlFields(cbor, "configuration_report")
    problems = try fields.list("problems", ConfigurationProblem.self)
  }
}

/// One problem.
public struct ConfigurationProblem: ControlShape {
  /// The file.
  public var file: String
  /// From 1.
  public var line: UInt64
  /// From 1.
  public var column: UInt64
  /// What is wrong and what was expected.
  public var message: String
  /// The nearest key or value.
  public var suggestion: String?

  /// A value with these fields.
  public init(file: String, line: UInt64, column: UInt64, message: String, suggestion: String? = nil) {
    self.file = file
    self.line = line
    self.column = column
    self.message = message
    self.suggestion = suggestion
  }

  /// The fields as a map.
  public var cbor: CBOR {
    .fields([
      ("file", .text(file)),
      ("line", .uint(line)),
      ("column", .uint(column)),
      ("message", .text(message)),
      ("suggestion", suggestion.map { .text($0) }),
    ])
  }

  /// Reads a map.
  public init(cbor: CBOR) throws(ControlError) {
    let fields = try ControlFields(cbor, "configuration_problem")
    file = try fields.text("file")
    line = try fields.unsigned("line")
    column = try fields.unsigned("column")
    message = try fields.text("message")
    suggestion = try fields.optionalText("suggestion")
  }
}

/// Reads the configuration again: all of it comes into force, or nothing.
public enum ReloadMethod: ControlMethod {
  /// Its name on the wire.
  public static let name = "reload"
  /// Who may call it.
  public static let access = ControlAccess.admin
  /// What goes in.
  public typealias Params = Nothing
  /// What comes out.
  public typealias Result = ReloadReport
}

/// What a reload did.
public struct ReloadReport: ControlShape {
  /// One sentence for each change.
  public var changes: [String]
  /// Keys whose change waits for a restart.
  public var needRestart: [String]

  /// A value with these fields.
  public init(changes: [String] = [], needRestart: [String] = []) {
    self.changes = changes
    self.needRestart = needRestart
  }

  /// The fields as a map.
  public var cbor: CBOR {
    .fields([
      ("changes", .texts(changes)),
      ("need_restart", .texts(needRestart)),
    ])
  }

  /// Reads a map.
  public init(cbor: CBOR) throws(ControlError) {
    let fields = try ControlFields(cbor, "reload_report")
    changes = try fields.texts("changes")
    needRestart = try fields.texts("need_restart")
  }
}
