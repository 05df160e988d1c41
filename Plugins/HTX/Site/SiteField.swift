// SPDX-License-Identifier: Apache-2.0

/// One field of a head: its name in lower case and its value.
public struct SiteField: Hashable, Sendable {
  /// In lower case.
  public let name: String
  /// Without space around it.
  public let value: String

  /// A field; the name has to be in lower case.
  public init(_ name: String, _ value: String) {
    self.name = name
    self.value = value
  }
}

extension [SiteField] {
  /// The value of the first field of that name.
  public func first(_ name: String) -> String? { first { $0.name == name }?.value }

  /// The values of all fields of that name.
  public func all(_ name: String) -> [String] { compactMap { $0.name == name ? $0.value : nil } }
}
