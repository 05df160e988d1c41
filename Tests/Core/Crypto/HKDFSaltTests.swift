// SPDX-License-Identifier: Apache-2.0
import MeshCrypto
import TestSupport
import Testing

@Suite struct HKDFSaltTests {
  @Test func oneSaltDerivesOfEveryInputWhatHKDFDoes() {
    var random = SeededGenerator(5869)
    for length in [1, 31, 32, 33, 64, 65, 200] {
      let salt = random.bytes(length)
      let kept = salt.withUnsafeBytes { HKDFSalt($0) }
      for count in [0, 1, 32, 63, 64, 100] {
        let input = SecretBytes(random.bytes(count))
        let whole = salt.withUnsafeBytes { salt in
          input.withBytes { HKDF.derive(salt: salt, input: $0, info: UnsafeRawBufferPointer(start: nil, count: 0)) }
        }
        #expect(kept.derive(input).isEqual(to: whole))
      }
    }
  }
}
