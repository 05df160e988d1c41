// SPDX-License-Identifier: Apache-2.0

/// How much of a foreign bundle is read, and how strictly.
public struct BundleLimits: Sendable {
  /// Bytes of a whole bundle.
  public var size = 256 << 20
  /// Blocks beside the primary one.
  public var blocks = 64
  /// Bytes of one endpoint's name.
  public var endpoint = 1024
  /// Levels of nested arrays in what is only skipped.
  public var depth = 8
  /// Takes a primary block without a checksum and without an integrity block, which RFC 9171 section 4.3.1 forbids and
  /// deployed stacks send, one without creation time and age, and names of endpoints that break their scheme's grammar.
  public var isLenient = false

  /// The defaults, strict.
  public init() {}

  /// The defaults, lenient.
  public static var lenient: BundleLimits {
    var limits = BundleLimits()
    limits.isLenient = true
    return limits
  }
}
