// SPDX-License-Identifier: Apache-2.0

/// What kind of failure an error code stands for; the bits of `MESH_ERROR_*` in `mesh.h`.
public struct ErrorFlags: OptionSet, Sendable {
  /// One bit a flag.
  public let rawValue: UInt32

  /// Flags from their bits.
  public init(rawValue: UInt32) { self.rawValue = rawValue }

  /// The same call may work later without any change.
  public static let retryable = ErrorFlags(rawValue: 1)
  /// A key or permission is at fault.
  public static let auth = ErrorFlags(rawValue: 2)
  /// The same call will never work.
  public static let permanent = ErrorFlags(rawValue: 4)
}
