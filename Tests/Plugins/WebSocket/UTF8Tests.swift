// SPDX-License-Identifier: Apache-2.0
import TestSupport
import Testing
import WebSocketCore

/// The checker against the standard library's, which decides by the same grammar (Unicode, table 3-7).
@Suite struct UTF8Tests {
  private static let edges: [UInt8] = [
    0x00, 0x41, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xC1, 0xC2, 0xDF, 0xE0, 0xE1, 0xEC, 0xED, 0xEE, 0xEF,
    0xF0, 0xF1, 0xF3, 0xF4, 0xF5, 0xFF,
  ]

  private static func isValid(_ bytes: [UInt8], cutAt cut: Int) -> Bool {
    var validator = UTF8Validator()
    return bytes.withUnsafeBytes { all in
      guard let base = all.baseAddress else { return true }
      return validator.append(base, count: cut) && validator.append(base + cut, count: bytes.count - cut)
        && validator.isComplete
    }
  }

  @Test func `all sequences of four boundary bytes are judged as the standard library does`() {
    for a in Self.edges {
      for b in Self.edges {
        for c in Self.edges {
          for d in [0x41, 0x80, 0xBF, 0xC2] as [UInt8] {
            let bytes = [a, b, c, d]
            let isValid = String(validating: bytes, as: UTF8.self) != nil
            #expect(Self.isValid(bytes, cutAt: 2) == isValid, "\(bytes)")
          }
        }
      }
    }
  }

  @Test(arguments: 0..<40)
  func `long text is valid wherever it is cut, and invalid with one byte changed`(seed: UInt64) {
    var generator = SeededGenerator(seed)
    let scalars = (0..<60).map { _ -> Character in
      let ranges: [ClosedRange<UInt32>] = [
        0x20...0x7E, 0x80...0x7FF, 0x800...0xD7FF, 0xE000...0xFFFF, 0x10000...0x10FFFF,
      ]
      return Character(UnicodeScalar(UInt32.random(in: ranges.randomElement(using: &generator)!, using: &generator))!)
    }
    var bytes = Array(String(scalars).utf8)
    for cut in 0...bytes.count { #expect(Self.isValid(bytes, cutAt: cut)) }
    bytes[Int.random(in: 0..<bytes.count, using: &generator)] = 0xFF
    #expect(!Self.isValid(bytes, cutAt: bytes.count / 2))
  }

  @Test(
    arguments: [
      [0xF4, 0x90], [0xED, 0xA0], [0xE0, 0x9F], [0xF0, 0x8F], [0xC0], [0xC1], [0xF5], [0xC2, 0x41],
    ] as [[UInt8]])
  func `hopeless text is refused at the first wrong byte`(bytes: [UInt8]) {
    var validator = UTF8Validator()
    let outcome = bytes.withUnsafeBytes { all in
      let isOpen = validator.append(all.baseAddress!, count: bytes.count - 1)
      return [isOpen, validator.append(all.baseAddress! + bytes.count - 1, count: 1)]
    }
    #expect(outcome == [true, false])
  }
}
