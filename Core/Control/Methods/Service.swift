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
  /// `error`, `warning`, `info` or `debug`.
  public var level: String

  /// A value with these fields.
  public init(level: String) { self.level = level }

  /// The fields as a map.
  public var cbor: CBOR {
    .fields([("level", .text(level))])
  }

  /// Reads a map.
  public init(cbor: CBOR) throws(ControlError) {
    let fields = try ControlFields(cbor, "log_level")
    level = try fields.text("level")
  }
}
