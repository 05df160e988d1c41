// SPDX-License-Identifier: Apache-2.0

/// A command line that a reader can copy.
public struct CommandExample: Sendable {
  /// The line, with the program's name.
  public let line: String
  /// What it does, one sentence.
  public let explanation: String

  /// Declares an example.
  public init(_ line: String, _ explanation: String) {
    self.line = line
    self.explanation = explanation
  }
}
