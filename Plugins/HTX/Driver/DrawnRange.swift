// SPDX-License-Identifier: Apache-2.0

/// Two bounds between which each use draws a number of its own, all of them as likely.
struct DrawnRange {
  var minimum: UInt64
  /// Off when 0; a maximum below the minimum stands for the minimum.
  var maximum: UInt64

  init(_ minimum: UInt64, _ maximum: UInt64) {
    self.minimum = minimum
    self.maximum = maximum
  }

  var isOff: Bool { maximum == 0 }
  var isEmpty: Bool { minimum > maximum }

  func draw(using random: inout some RandomNumberGenerator) -> UInt64 {
    UInt64.random(in: minimum...max(minimum, maximum), using: &random)
  }
}
