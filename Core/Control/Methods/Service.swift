// SPDX-License-Identifier: Apache-2.0
import MeshWire

/// Ends the daemon after its queues have drained.
public enum ShutdownMethod: ControlMethod {
  /// Its name on the wire.
  public static let name = "shutdown"
  /// Who may call it.
  public static let access = ControlAccess.admin
  /// What goes in.
  public typealias Params = ShutdownParams
  /// What comes out.
  public typealias Result = Nothing
}

/// How long to wait.
public struct ShutdownParams: ControlShape {
  /// Nanoseconds at most.
  public var drain: UInt64

  /// A value with these fields.
  public init(drain: UInt64) {
    self.drain = drain
  }

  /// The fields as a map.
  public var cbor: CBOR {
    .fields([
      ("drain", .uint(drain))
    ])
  }

  /// Reads a map.
  public init(cbor: CBOR) throws(ControlError) {
    let fields = try ControlFields(cbor, "shutdown_params")
    drain = try fields.unsigned("drain")
  }
}

/// Changes how much is logged, until the next restart.
public enum LogLevelMethod: ControlMethod {
  /// Its name on the wire.
  public static let name = "log.level"
  /// Who may call it.
  public static let access = ControlAccess.admin
  /// What goes in.
  public typealias Params = LogLevel
  /// What comes out.
  public typealias Result = LogLevel
}

/// A level.
public struct LogLevel: ControlShape {
  /// `error`, `warning`, `info`, `debug` or `trace`.
  public var level: String
  /// A part of the program; all of it when missing.
  public var category: String?

  /// A value with these fields.
  public init(level: String, category: String? = nil) {
    self.level = level
    self.category = category
  }

  /// The fields as a map.
  public var cbor: CBOR {
    .fields([
      ("level", .text(level)),
      ("category", category.map { .text($0) }),
    ])
  }

  /// Reads a map.
  public init(cbor: CBOR) throws(ControlError) {
    let fields = try ControlFields(cbor, "log_level")
    level = try fields.text("level")
    category = try fields.optionalText("category")
  }
}
