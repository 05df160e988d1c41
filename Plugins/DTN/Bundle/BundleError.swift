// SPDX-License-Identifier: Apache-2.0

/// What is wrong with a bundle or a part of it.
public struct BundleError: Error, Equatable, CustomStringConvertible, Sendable {
  /// The kind of fault, by which a caller acts.
  public enum Kind: Sendable {
    /// The bytes end before the bundle does.
    case truncated
    /// Not CBOR, or not in the form that RFC 9171 section 4.1 asks for.
    case malformed
    /// Well-formed, and against a rule of RFC 9171 or 9173.
    case invalid
    /// A checksum does not fit.
    case checksum
    /// Larger, deeper or more numerous than the limits allow.
    case limit
  }

  /// The kind of fault.
  public let kind: Kind
  /// Where in the input it was found, bytes; -1 when it was not found in bytes.
  public let offset: Int
  /// One sentence without a full stop.
  public let text: String

  /// A fault found at `offset`.
  public init(_ kind: Kind, _ text: String, at offset: Int = -1) {
    self.kind = kind
    self.text = text
    self.offset = offset
  }

  /// The sentence with its place.
  public var description: String { offset < 0 ? text : "\(text) (byte \(offset))" }
}
