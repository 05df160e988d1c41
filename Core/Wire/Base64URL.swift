// SPDX-License-Identifier: Apache-2.0

/// Base 64 with the URL-safe alphabet and no padding (RFC 4648, section 5).
public enum Base64URL {
  private static let alphabet: StaticString = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
  /// What each byte stands for; 255 for none.
  private static let values: [UInt8] = {
    var values = [UInt8](repeating: 255, count: 256)
    alphabet.withUTF8Buffer { for (value, character) in $0.enumerated() { values[Int(character)] = UInt8(value) } }
    return values
  }()

  /// Four characters for three bytes, two or three for what is left.
  public static func encode(_ bytes: some Sequence<UInt8>) -> String {
    bytes.withContiguousStorageIfAvailable { encode($0) } ?? Array(bytes).withUnsafeBufferPointer { encode($0) }
  }

  // Neither loop is generic: other modules could not specialise it, and a link's ticket goes through both.
  private static func encode(_ bytes: UnsafeBufferPointer<UInt8>) -> String {
    let count = (4 * bytes.count + 2) / 3
    return alphabet.withUTF8Buffer { alphabet in
      String(unsafeUninitializedCapacity: count) { text in
        var (at, written) = (0, 0)
        func put(_ group: UInt32, _ characters: Int) {
          for place in 0..<characters {
            text.initializeElement(at: written, to: alphabet[Int(group >> UInt32(18 - 6 * place)) & 63])
            written += 1
          }
        }
        while bytes.count - at >= 3 {
          put(UInt32(bytes[at]) << 16 | UInt32(bytes[at + 1]) << 8 | UInt32(bytes[at + 2]), 4)
          at += 3
        }
        switch bytes.count - at {
        case 1: put(UInt32(bytes[at]) << 16, 2)
        case 2: put(UInt32(bytes[at]) << 16 | UInt32(bytes[at + 1]) << 8, 3)
        default: break
        }
        return count
      }
    }
  }

  /// The bytes of `text`; nil for padding, other characters, an impossible length or non-zero unused bits.
  public static func decode(_ text: some StringProtocol) -> [UInt8]? {
    let utf8 = text.utf8
    let decoded = utf8.withContiguousStorageIfAvailable { decode($0) }
    return decoded ?? Array(utf8).withUnsafeBufferPointer { decode($0) }
  }

  private static func decode(_ text: UnsafeBufferPointer<UInt8>) -> [UInt8]? {
    let rest = text.count % 4
    guard rest != 1 else { return nil }
    let count = text.count / 4 * 3 + max(0, rest - 1)
    // Bits that are in no byte, and 0xC0 of every character that is none.
    var wrong: UInt32 = 0
    let bytes = values.withUnsafeBufferPointer { values in
      [UInt8](unsafeUninitializedCapacity: count) { bytes, initialized in
        var (at, written) = (0, 0)
        while at + 4 <= text.count {
          let (one, two) = (UInt32(values[Int(text[at])]), UInt32(values[Int(text[at + 1])]))
          let (three, four) = (UInt32(values[Int(text[at + 2])]), UInt32(values[Int(text[at + 3])]))
          wrong |= (one | two | three | four) & 0xC0
          let group = one << 18 | two << 12 | three << 6 | four
          bytes.initializeElement(at: written, to: UInt8(truncatingIfNeeded: group >> 16))
          bytes.initializeElement(at: written + 1, to: UInt8(truncatingIfNeeded: group >> 8))
          bytes.initializeElement(at: written + 2, to: UInt8(truncatingIfNeeded: group))
          at += 4
          written += 3
        }
        var group: UInt32 = 0
        for place in 0..<rest {
          let value = UInt32(values[Int(text[at + place])])
          wrong |= value & 0xC0
          group |= value << UInt32(18 - 6 * place)
        }
        if rest > 0 { wrong |= group & (rest == 2 ? 0xFFFF : 0xFF) }
        for place in 0..<max(0, rest - 1) {
          bytes.initializeElement(at: written + place, to: UInt8(truncatingIfNeeded: group >> UInt32(16 - 8 * place)))
        }
        initialized = count
      }
    }
    return wrong == 0 ? bytes : nil
  }
}
