// SPDX-License-Identifier: Apache-2.0
import CMeshABI

/// One validated value for a plugin. A list is several parameters of one name.
public struct PluginParameter: Sendable {
  /// A value as the plugin ABI can carry it.
  public enum Value: Sendable, Equatable {
    /// Whole number, boolean (0 or 1), nanoseconds or bytes.
    case integer(Int64)
    /// UTF-8 without NUL.
    case text(String)
  }

  /// The option's name.
  public let name: String
  /// The value, of the kind that `type` asks for.
  public let value: Value
  /// `MESH_TYPE_*`.
  public let type: UInt32
  /// Where it stands in the file, from 1; 0 for a default.
  public let line: UInt32
  /// Its column in the file, from 1; 0 for a default.
  public let column: UInt32

  /// A value that has been checked against the plugin's options.
  public init(name: String, value: Value, type: UInt32, line: UInt32 = 0, column: UInt32 = 0) {
    self.name = name
    self.value = value
    self.type = type
    self.line = line
    self.column = column
  }
}

/// Derives the key for a purpose into 32 bytes; false when there is none. Called on the loop's thread.
public typealias PluginSecretProvider = (_ purpose: String, _ key: UnsafeMutableRawBufferPointer) -> Bool

/// Takes a line of the log: level (`MESH_LOG_*`), the instance's name or the plugin's id, one line of UTF-8 without
/// control characters. From any thread; it must not call the plugin host.
public typealias PluginLogSink = @Sendable (_ level: UInt32, _ instance: String, _ text: String) -> Void
