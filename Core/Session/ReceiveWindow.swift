// SPDX-License-Identifier: Apache-2.0

/// Which packet numbers of a lane have arrived: refuses what came twice and says what to acknowledge.
///
/// A sliding bitmap of 4096 numbers; anything older counts as seen (as in RFC 6479). On an ordered lane only the next
/// number is accepted, and no bitmap is kept. Whole words are looked at, never single bits in a row.
struct ReceiveWindow {
  static let span: UInt64 = 4096
  /// One above the largest number received.
  private(set) var next: UInt64 = 0
  /// Where the unbroken run begins that ends below `next`: what is acknowledged without looking at bits.
  private var runStart: UInt64 = 0
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
      clear(from: next, to: number)
      if number > next { runStart = number }
      next = number + 1
    }
    bits[word(number)] |= mask(number)
    if number + 1 == runStart {
      runStart = highest(to: number, from: floor, received: false).map { $0 + 1 } ?? floor
    }
  }

  /// Forgets the bits of the numbers from `start` up to `end`, `end` not included.
  private mutating func clear(from start: UInt64, to end: UInt64) {
    if end - start >= Self.span {
      for index in bits.indices { bits[index] = 0 }
      return
    }
    var number = start
    while number < end {
      let above = UInt64.max << (number & 63)
      let wordEnd = (number | 63) + 1
      // What belongs to older numbers of the word stays.
      let below = wordEnd <= end ? UInt64.max : mask(end) - 1
      bits[word(number)] &= ~(above & below)
      number = min(wordEnd, end)
    }
  }

  /// The ranges received, largest first, as (first, last), at most `limit`, within the window.
  func ranges(limit: Int, into body: (UInt64, UInt64) -> Void) {
    guard next > 0 else { return }
    if ordered {
      body(0, next - 1)
      return
    }
    var (first, last) = (max(floor, runStart), next - 1)
    for _ in 0..<limit {
      body(first, last)
      guard first > floor, let below = highest(to: first - 1, from: floor, received: true) else { return }
      last = below
      first = highest(to: last, from: floor, received: false).map { $0 + 1 } ?? floor
    }
  }

  /// The oldest number that is still told apart.
  private var floor: UInt64 { next > Self.span ? next - Self.span : 0 }

  /// The largest number from `floor` to `top` that was received, or that was not; nil when there is none.
  private func highest(to top: UInt64, from floor: UInt64, received: Bool) -> UInt64? {
    var number = top
    while true {
      let bits = bits[word(number)]
      let wanted = (received ? bits : ~bits) & (UInt64.max >> (63 - (number & 63)))
      let start = number & ~63
      if wanted != 0 {
        let found = start + 63 - UInt64(wanted.leadingZeroBitCount)
        return found >= floor ? found : nil
      }
      guard start > floor else { return nil }
      number = start - 1
    }
  }

  private func contains(_ number: UInt64) -> Bool { bits.isEmpty ? false : bits[word(number)] & mask(number) != 0 }
  private func word(_ number: UInt64) -> Int { Int((number & (Self.span - 1)) >> 6) }
  private func mask(_ number: UInt64) -> UInt64 { 1 << (number & 63) }
}
