// SPDX-License-Identifier: Apache-2.0
import MeshWire

/// One direction after a handshake, as Noise itself defines it (revision 34, section 5.1): ChaCha20-Poly1305, no
/// associated data, numbers from 0. For talking to other Noise programs; sessions number their packets themselves.
public struct NoiseTransportCipher {
  private let cipher: AEADKey?
  private var number: UInt64 = 0

  /// A direction with one of the keys of `NoiseXK.split`; every call throws `failed` unless it has 32 bytes.
  public init(_ key: SecretBytes) {
    cipher = try? AEADKey(.chaCha20Poly1305, key: key)
  }

  /// The sealed message, 16 bytes longer; at most 65,535 bytes.
  public mutating func seal(_ plaintext: [UInt8]) throws(NoiseError) -> [UInt8] {
    guard let cipher, number < .max else { throw .failed }
    let count = plaintext.count + AEADAlgorithm.tagLength
    guard count <= NoiseSymmetricState.messageLimit else { throw .tooLong }
    var message = [UInt8](repeating: 0, count: count)
    message.withUnsafeMutableBytes { output in
      plaintext.withUnsafeBytes { input in
        guard let start = output.baseAddress else { return }
        cipher.seal(nonce: .init(noise: number), UnsafeRawBufferPointer(start: nil, count: 0), input, start)
      }
    }
    number += 1
    return message
  }

  /// The plaintext of the next message. After a failure the connection is of no more use.
  public mutating func open(_ message: [UInt8]) throws(NoiseError) -> [UInt8] {
    guard let cipher, number < .max else { throw .failed }
    guard message.count <= NoiseSymmetricState.messageLimit else { throw .tooLong }
    guard message.count >= AEADAlgorithm.tagLength else { throw .truncated }
    var plaintext = message
    let isAuthentic = plaintext.withUnsafeMutableBytes { buffer in
      guard let start = buffer.baseAddress else { return false }
      let nothing = UnsafeRawBufferPointer(start: nil, count: 0)
      return cipher.open(nonce: .init(noise: number), nothing, UnsafeRawBufferPointer(buffer), start)
    }
    guard isAuthentic else { throw .authentication }
    plaintext.removeLast(AEADAlgorithm.tagLength)
    number += 1
    return plaintext
  }
}
