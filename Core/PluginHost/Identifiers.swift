// SPDX-License-Identifier: Apache-2.0

/// One adjacency to one peer: slot (low 32 bits) and generation (high 32 bits). Never 0, never used twice.
public struct LinkID: Hashable, Sendable, CustomStringConvertible {
  /// The word that the plugin ABI carries.
  public let rawValue: UInt64
  /// Wraps the word that the plugin ABI carries.
  public init(rawValue: UInt64) { self.rawValue = rawValue }
  /// For log lines.
  public var description: String { "link \(UInt32(truncatingIfNeeded: rawValue)).\(rawValue >> 32)" }
}

/// One address that an instance listens on: slot and generation as in `LinkID`.
public struct ListenerID: Hashable, Sendable, CustomStringConvertible {
  /// The word that the plugin ABI carries.
  public let rawValue: UInt64
  /// Wraps the word that the plugin ABI carries.
  public init(rawValue: UInt64) { self.rawValue = rawValue }
  /// For log lines.
  public var description: String { "listener \(UInt32(truncatingIfNeeded: rawValue)).\(rawValue >> 32)" }
}

/// One configured use of a plugin, through all its restarts and replacements.
public struct InstanceID: Hashable, Sendable, CustomStringConvertible {
  /// A number that is not used again.
  public let rawValue: UInt32
  /// For log lines.
  public var description: String { "instance \(rawValue)" }
}
