// SPDX-License-Identifier: Apache-2.0
import MeshCrypto
import MeshWire

/// The bytes of a vector, which may hold spaces.
func hex(_ text: String) -> [UInt8] {
  guard let bytes = Hex.decode(text.filter { !$0.isWhitespace }) else { preconditionFailure("a vector is mistyped") }
  return bytes
}

extension SecretBytes {
  /// The contents, which tests may look at.
  var copied: [UInt8] { withBytes { Array($0) } }
}

extension RandomBytes {
  /// Always these bytes, for known answers.
  static func fixed(_ bytes: [UInt8]) -> RandomBytes {
    RandomBytes { $0.copyBytes(from: bytes.prefix($0.count)) }
  }
}

extension X25519KeyPair {
  /// The pair of a vector's private key.
  static func fixed(_ text: String) -> X25519KeyPair { X25519KeyPair(secret: SecretBytes(hex(text)))! }
}
