// SPDX-License-Identifier: Apache-2.0

/// A command line that cannot be understood. Programs end with exit code 2.
public struct UsageError: Error, Equatable, Sendable {
  /// A sentence that names the wrong word.
  public let message: String
  /// The wrong word as it was typed; empty when a word is missing.
  public let word: String
  /// The nearest word that would have been right.
  public let suggestion: String?
  /// The command whose help explains more, for example `meshctl peers add`.
  public let command: String

  /// Makes an error about `word`.
  public init(_ message: String, word: String = "", suggestion: String? = nil, command: String) {
    self.message = message
    self.word = word
    self.suggestion = suggestion
    self.command = command
  }
}

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
