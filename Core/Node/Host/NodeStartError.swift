// SPDX-License-Identifier: Apache-2.0

/// Why a node cannot start at all; a sentence for people.
public struct NodeStartError: Error, Equatable, Sendable, CustomStringConvertible {
  public let description: String
  public init(_ description: String) { self.description = description }
}
