// SPDX-License-Identifier: Apache-2.0
import BundleProtocol

/// What beside its target a security operation covers (RFC 9173 sections 3.3.3 and 4.3.4).
public struct SecurityScope: OptionSet, Sendable {
  /// One bit a part.
  public let rawValue: UInt64
  /// A scope from its bits.
  public init(rawValue: UInt64) { self.rawValue = rawValue }

  /// The primary block.
  public static let primary = SecurityScope(rawValue: 1)
  /// Type, number and flags of the target.
  public static let targetHeader = SecurityScope(rawValue: 2)
  /// Type, number and flags of the security block.
  public static let securityHeader = SecurityScope(rawValue: 4)
  /// All of these, the default.
  public static let all: SecurityScope = [.primary, .targetHeader, .securityHeader]

  /// What is covered before the content of the target: the scope itself and the parts that it names.
  func prefix(of bundle: Bundle, target: UInt64, security: CanonicalBlock) -> ItemWriter {
    var writer = ItemWriter()
    writer.unsigned(rawValue)
    // A target is covered by its content; naming the primary block again would add nothing.
    if contains(.primary), target != 0 { writer.raw(bundle.primary.encoded) }
    if contains(.targetHeader), let block = bundle.block(number: target) { Self.header(of: block, to: &writer) }
    if contains(.securityHeader) { Self.header(of: security, to: &writer) }
    return writer
  }

  private static func header(of block: CanonicalBlock, to writer: inout ItemWriter) {
    writer.unsigned(block.type.rawValue)
    writer.unsigned(block.number)
    writer.unsigned(block.flags.rawValue)
  }
}
