// SPDX-License-Identifier: Apache-2.0

/// Why a plugin, an instance or a call was refused: a kind to decide by, and words for people.
public struct PluginError: Error, Equatable, Sendable, CustomStringConvertible {
  /// Kinds of refusal.
  public enum Kind: String, Sendable {
    /// The file is not there or cannot be read.
    case unreadable
    /// Owner, mode or kind of the file or of a folder above it.
    case permission
    /// The note is missing, malformed or does not match.
    case note
    /// No common ABI version.
    case version
    /// The dynamic linker refused, or the entry function is missing.
    case link
    /// The plugin broke a rule of the ABI.
    case contract
    /// `create` refused the configuration.
    case configuration
    /// The start marker has disabled it.
    case disabled
    /// Not in this state.
    case state
    /// The id names nothing any more.
    case stale
    /// An argument was refused, by host or plugin.
    case argument
    /// A limit is reached, or memory or a system call failed.
    case resource
  }

  /// What to decide by.
  public let kind: Kind
  /// A sentence that names the file, plugin or address.
  public let text: String
  /// `MESH_E_*` when a plugin gave one, else 0.
  public let code: Int32

  init(_ kind: Kind, _ text: String, code: Int32 = 0) {
    self.kind = kind
    self.text = text
    self.code = code
  }

  /// The sentence alone.
  public var description: String { text }
}
