// SPDX-License-Identifier: Apache-2.0

/// A command that was understood and could not be done. Programs end with exit code 1.
public struct CommandFailure: Error, Equatable, Sendable {
  /// The error's name in capitals, for example `MESH_E_NOTFOUND`; machines act on it.
  public let name: String
  /// What went wrong, one sentence without a full stop.
  public let message: String
  /// What to do about it; empty when there is nothing to say.
  public let hint: String

  /// Makes a failure.
  public init(_ message: String, name: String = "MESH_E_INTERNAL", hint: String = "") {
    self.name = name
    self.message = message
    self.hint = hint
  }
}
