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
