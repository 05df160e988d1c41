// SPDX-License-Identifier: Apache-2.0

/// Content that changes with the number of the message and is checked by the receiver, as in the reference programs.
///
/// Word 0: number and kind; word 1: the sum of all others; the rest changes with the number.
enum Payload {
  enum Kind: UInt64 { case oneWay, echo, end }

  static func fill(_ words: UnsafeMutableBufferPointer<UInt64>, _ number: UInt64, _ kind: Kind) {
    let base = number &* 0x9e37_79b9_7f4a_7c15
    words[0] = number << 2 | kind.rawValue
    var sum = words[0]
    for index in 2..<words.count { words[index] = base &+ UInt64(index) }
    for index in 2..<words.count { sum &+= words[index] }
    words[1] = sum
  }

  /// What kind a message is; ends the process when it is not the one expected.
  static func check(_ bytes: UnsafeRawBufferPointer, size: Int, number: UInt64) -> Kind {
    guard bytes.count == size, let base = bytes.baseAddress else { Main.fail("a message of a wrong length") }
    var sum: UInt64 = 0
    for index in 2..<(size / 8) { sum &+= base.loadUnaligned(fromByteOffset: index * 8, as: UInt64.self) }
    let first = base.loadUnaligned(as: UInt64.self)
    return verdict(first, base.loadUnaligned(fromByteOffset: 8, as: UInt64.self), sum &+ first, number)
  }

  static func verdict(_ first: UInt64, _ claimed: UInt64, _ sum: UInt64, _ number: UInt64) -> Kind {
    guard first >> 2 == number else { Main.fail("a message out of sequence") }
    guard claimed == sum, let kind = Kind(rawValue: first & 3) else { Main.fail("a wrong checksum") }
    return kind
  }
}

/// The receiver's check of blocks that arrive in pieces of a byte stream.
struct BlockCheck {
  private let size: Int
  private var number: UInt64 = 0
  private var offset = 0
  private var partial: UInt64 = 0
  private var first: UInt64 = 0
  private var claimed: UInt64 = 0
  private var sum: UInt64 = 0

  init(size: Int) { self.size = size }

  /// Takes all of `bytes`; true when the end mark was among them.
  mutating func take(_ bytes: UnsafeRawBufferPointer) -> Bool {
    guard let base = bytes.baseAddress else { return false }
    var at = 0
    var hasEnded = false
    while at < bytes.count {
      if offset < 16 || offset & 7 != 0 || bytes.count - at < 8 {
        take(byte: bytes[at])
        at += 1
      } else {
        let words = min(size - offset, bytes.count - at) / 8
        var total: UInt64 = 0
        for index in 0..<words { total &+= base.loadUnaligned(fromByteOffset: at + index * 8, as: UInt64.self) }
        sum &+= total
        at += words * 8
        offset += words * 8
      }
      if offset == size {
        hasEnded = Payload.verdict(first, claimed, sum &+ first, number) == .end
        number += 1
        offset = 0
        sum = 0
      }
    }
    return hasEnded
  }

  private mutating func take(byte: UInt8) {
    partial = partial >> 8 | UInt64(byte) << 56
    offset += 1
    guard offset & 7 == 0 else { return }
    if offset == 8 { first = partial } else if offset == 16 { claimed = partial } else { sum &+= partial }
  }
}
