// SPDX-License-Identifier: Apache-2.0

/// Text with a checksum that detects typing errors (BIP-350): a prefix, "1", 5-bit groups, six checksum characters.
public enum Bech32m {
  /// Why text is not Bech32m.
  public enum Failure: Error, Equatable, Sendable {
    /// Fewer characters than a prefix, the separator and a checksum take, or more than 90.
    case length
    /// A character outside the alphabet, or upper and lower case mixed.
    case character
    /// No "1" that separates prefix and data.
    case separator
    /// The checksum does not fit the text: at least one character is wrong.
    case checksum
    /// The data is no whole number of bytes, or its unused bits are not zero.
    case padding
  }

  private static let alphabet = Array("qpzry9x8gf2tvdw0s3jn54khce6mua7l".utf8)
  private static let values: [UInt8] = {
    var table = [UInt8](repeating: 255, count: 256)
    for (value, character) in alphabet.enumerated() { table[Int(character)] = UInt8(value) }
    return table
  }()

  /// The text for `bytes` under a lower-case `prefix`.
  public static func encode(prefix: String, _ bytes: some Sequence<UInt8>) -> String {
    var groups: [UInt8] = []
    var buffer: UInt32 = 0
    var bits: UInt32 = 0
    for byte in bytes {
      buffer = (buffer & 0xFF) << 8 | UInt32(byte)
      bits += 8
      while bits >= 5 {
        bits -= 5
        groups.append(UInt8(truncatingIfNeeded: buffer >> bits) & 31)
      }
    }
    if bits > 0 { groups.append(UInt8(truncatingIfNeeded: buffer << (5 - bits)) & 31) }
    return encode(prefix: prefix, groups: groups)
  }

  /// The prefix, in lower case, and the bytes that `text` stands for.
  public static func decode(_ text: some StringProtocol) throws(Failure) -> (prefix: String, bytes: [UInt8]) {
    let (prefix, groups) = try decodeGroups(text)
    var bytes: [UInt8] = []
    var buffer: UInt32 = 0
    var bits: UInt32 = 0
    for group in groups {
      buffer = (buffer & 0xFF) << 5 | UInt32(group)
      bits += 5
      if bits >= 8 {
        bits -= 8
        bytes.append(UInt8(truncatingIfNeeded: buffer >> bits))
      }
    }
    guard bits < 5, buffer & ((1 << bits) - 1) == 0 else { throw .padding }
    return (prefix, bytes)
  }

  static func encode(prefix: String, groups: [UInt8]) -> String {
    let checksum = polymod(expand(Array(prefix.utf8)) + groups + [0, 0, 0, 0, 0, 0]) ^ constant
    let tail = (0..<6).map { UInt8(truncatingIfNeeded: checksum >> (5 * (5 - UInt32($0)))) & 31 }
    return prefix + "1" + String(decoding: (groups + tail).map { alphabet[Int($0)] }, as: UTF8.self)
  }

  static func decodeGroups(_ text: some StringProtocol) throws(Failure) -> (prefix: String, groups: [UInt8]) {
    var characters = Array(text.utf8.prefix(91))
    guard (8...90).contains(characters.count) else { throw .length }
    guard characters.allSatisfy({ (33...126).contains($0) }) else { throw .character }
    let upper = characters.contains { (65...90).contains($0) }
    let lower = characters.contains { (97...122).contains($0) }
    if upper && lower { throw .character }
    if upper { characters = characters.map { (65...90).contains($0) ? $0 + 32 : $0 } }
    guard let separator = characters.lastIndex(of: UInt8(ascii: "1")), separator > 0 else { throw .separator }
    guard characters.count - separator > 6 else { throw .length }
    let prefix = Array(characters[..<separator])
    let groups = characters[(separator + 1)...].map { values[Int($0)] }
    guard !groups.contains(255) else { throw .character }
    guard polymod(expand(prefix) + groups) == constant else { throw .checksum }
    return (String(decoding: prefix, as: UTF8.self), Array(groups.dropLast(6)))
  }

  private static let constant: UInt32 = 0x2BC8_30A3

  private static func expand(_ prefix: [UInt8]) -> [UInt8] {
    prefix.map { $0 >> 5 } + [0] + prefix.map { $0 & 31 }
  }

  private static func polymod(_ groups: [UInt8]) -> UInt32 {
    let generator: [UInt32] = [0x3B6A_57B2, 0x2650_8E6D, 0x1EA1_19FA, 0x3D42_33DD, 0x2A14_62B3]
    var checksum: UInt32 = 1
    for group in groups {
      let top = checksum >> 25
      checksum = (checksum & 0x1FF_FFFF) << 5 ^ UInt32(group)
      for bit in 0..<5 where top >> UInt32(bit) & 1 == 1 { checksum ^= generator[bit] }
    }
    return checksum
  }
}
