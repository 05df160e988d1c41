// SPDX-License-Identifier: Apache-2.0

/// Which packet numbers of a lane have arrived: refuses what came twice and says what to acknowledge.
///
/// A sliding bitmap of 4096 numbers; anything older counts as seen (as in RFC 6479). On an ordered lane only the next
/// number is accepted, and no bitmap is kept.
struct ReceiveWindow {
  static let span: UInt64 = 4096
  /// One above the largest number received.
  private(set) var next: UInt64 = 0
  private var bits: [UInt64] = []
  private let ordered: Bool

  init(ordered: Bool) { self.ordered = ordered }

  /// Whether a packet with this number may still be opened. Says nothing about its authenticity.
  func accepts(_ number: UInt64) -> Bool {
    if ordered { return number == next }
    if number >= next { return number < UInt64(1) << 62 }
    if next - number > Self.span { return false }
    return !contains(number)
  }

  /// Notes a packet that was opened.
  mutating func insert(_ number: UInt64) {
    if ordered {
      next = number + 1
      return
    }
    if bits.isEmpty { bits = [UInt64](repeating: 0, count: Int(Self.span / 64)) }
    if number >= next {
      let gap = number - next
      if gap >= Self.span {
        for index in bits.indices { bits[index] = 0 }
      } else {
        var cleared = next
        while cleared < number {
          bits[word(cleared)] &= ~mask(cleared)
          cleared += 1
        }
      }
      next = number + 1
    }
    bits[word(number)] |= mask(number)
  }

  /// The ranges received, largest first, as (first, last), at most `limit`, within the window.
  func ranges(limit: Int, into body: (UInt64, UInt64) -> Void) {
    guard next > 0 else { return }
    if ordered {
      body(0, next - 1)
      return
    }
    let floor = next > Self.span ? next - Self.span : 0
    var last = next - 1
    var count = 0
    while count < limit {
      var first = last
      while first > floor, contains(first - 1) { first -= 1 }
      body(first, last)
      count += 1
      guard first > floor else { return }
      var below = first - 1
      while below > floor, !contains(below) { below -= 1 }
      guard contains(below) else { return }
      last = below
    }
  }

  private func contains(_ number: UInt64) -> Bool { bits.isEmpty ? false : bits[word(number)] & mask(number) != 0 }
  private func word(_ number: UInt64) -> Int { Int((number & (Self.span - 1)) >> 6) }
  private func mask(_ number: UInt64) -> UInt64 { 1 << (number & 63) }
}
