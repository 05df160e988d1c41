// SPDX-License-Identifier: Apache-2.0

/// Why a node cannot start at all; a sentence for people.
public struct NodeStartError: Error, Equatable, Sendable, CustomStringConvertible {
  /// What is wrong and what to do, for a person.
  public let description: String
  /// An error with its sentence.
  public init(_ description: String) { self.description = description }
}
