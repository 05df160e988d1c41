// SPDX-License-Identifier: Apache-2.0

/// Why a store cannot be opened or has stopped taking bundles.
public struct StoreError: Error, Equatable, CustomStringConvertible, Sendable {
  /// What the store was doing, and what the system said.
  public let description: String
  /// The system's or the database's number.
  public let code: Int32

  /// An error with its sentence.
  public init(_ description: String, code: Int32 = 0) {
    self.description = description
    self.code = code
  }
}
