// SPDX-License-Identifier: Apache-2.0

/// A command that breaks the protocol between application and node.
public struct ApplicationFault: Error, CustomStringConvertible, Sendable {
  /// What was wrong, for the log and the application.
  public let description: String

  /// A fault with its sentence.
  public init(_ description: String) { self.description = description }
}
