// SPDX-License-Identifier: Apache-2.0
import Glibc
import MeshCrypto
import MeshWire

/// A file with the 64 hexadecimal digits of a secret.
enum SecretFile {
  /// The 32 bytes; nil when the file cannot be read or holds something else.
  static func read(_ path: String) -> SecretBytes? {
    let file = open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { return nil }
    defer { close(file) }
    var text = [UInt8](repeating: 0, count: 80)
    defer { text.withUnsafeMutableBytes { if let base = $0.baseAddress { explicit_bzero(base, $0.count) } } }
    var count = Glibc.read(file, &text, text.count)
    while count > 0, text[count - 1] == 0x0A || text[count - 1] == 0x0D { count -= 1 }
    guard count == 64 else { return nil }
    var isHex = true
    let secret = SecretBytes(count: 32) { target in
      for index in 0..<32 {
        guard let high = digit(text[2 * index]), let low = digit(text[2 * index + 1]) else {
          isHex = false
          return
        }
        target[index] = high << 4 | low
      }
    }
    return isHex ? secret : nil
  }

  private static func digit(_ character: UInt8) -> UInt8? {
    Character(UnicodeScalar(character)).hexDigitValue.map { UInt8($0) }
  }
}
