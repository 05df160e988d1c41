// SPDX-License-Identifier: Apache-2.0

/// Why bytes could not be read or written.
public enum WireError: Error, Equatable, Sendable {
  /// The input ends before the value does.
  case truncated
  /// A value is written in more bytes than its shortest form, where only the shortest is allowed.
  case overlong
  /// A length, count or capacity limit would be passed.
  case limit
  /// The bytes do not have the form that is expected here.
  case malformed
}
