// SPDX-License-Identifier: Apache-2.0
import TestSupport
import Testing
import WebSocketCore

@Suite struct MaskingTests {
  @Test func `masking equals the loop of RFC 6455 for all lengths and offsets`() {
    var generator = SeededGenerator(1)
    for count in Array(0...150) + [1000, 4099] {
      for offset in 0..<4 {
        let plain = generator.bytes(count)
        let key = generator.bytes(4)
        let word = key.withUnsafeBytes { $0.load(as: UInt32.self) }
        var masked = plain
        masked.withUnsafeMutableBytes { bytes in
          if let base = bytes.baseAddress { Masking.apply(word, to: base, count: count, offset: offset) }
        }
        let expected = plain.enumerated().map { $1 ^ key[($0 + offset) % 4] }
        #expect(masked == expected, "\(count) bytes from \(offset)")
      }
    }
  }

  @Test func `keys differ and do not stick at zero`() {
    var masks = MaskGenerator(seed: 0)
    let keys = (0..<1000).map { _ in masks.next() }
    #expect(Set(keys).count == keys.count)
  }
}
