// SPDX-License-Identifier: Apache-2.0

/// One field of a head, pseudo-header fields like `:status` among them.
public struct HTTPField: Hashable, Sendable {
  /// In lower case.
  public let name: String
  /// As it came.
  public let value: String

  /// A field; the name has to be in lower case.
  public init(_ name: String, _ value: String) {
    self.name = name
    self.value = value
  }
}

extension [HTTPField] {
  /// The value of the first field of that name.
  public func first(_ name: String) -> String? { first { $0.name == name }?.value }
}
