// SPDX-License-Identifier: Apache-2.0

/// Why bytes are not acceptable deterministic CBOR.
public enum CBORError: Error, Equatable, Sendable {
  /// The input ends before the value does.
  case truncated
  /// Bytes follow the value.
  case trailingBytes
  /// A length or integer is written in more bytes than needed.
  case notShortest
  /// An indefinite length.
  case indefinite
  /// Map keys are not in the bytewise order of their encodings.
  case unsortedKeys
  /// A map holds a key twice.
  case duplicateKey
  /// A text string is not UTF-8.
  case invalidUTF8
  /// A tag, a floating point number, another simple value or a reserved form.
  case unsupported
  /// Nested deeper than `CBORLimits.depth`.
  case tooDeep
  /// Longer than `CBORLimits.size`, or more items than `CBORLimits.items`.
  case tooLarge
}

/// What a decoder accepts at most.
public struct CBORLimits: Sendable {
  /// Arrays and maps inside one another.
  public var depth: Int
  /// Bytes of the whole input.
  public var size: Int
  /// Data items, counting each key and each value.
  public var items: Int

  /// The defaults fit what one control message may carry: 16 levels, 65,536 bytes, 8192 items.
  public init(depth: Int = 16, size: Int = 65_536, items: Int = 8192) {
    self.depth = depth
    self.size = size
    self.items = items
  }
}
