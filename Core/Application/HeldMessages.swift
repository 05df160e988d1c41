// SPDX-License-Identifier: Apache-2.0

/// Messages that the application has and has not released, by the number that it was told.
///
/// A number is bit 62, a generation and a slot: one that was given back, or never given, finds nothing.
struct HeldMessages {
  private struct Slot {
    var generation: UInt32 = 0
    var reader: PortReader?
    var sequence: UInt64 = 0
  }

  private var slots: [Slot] = []
  private var free: [UInt32] = []

  /// Bits that all numbers of the node have.
  static let mark: UInt64 = 1 << 62
  private static let generations: UInt32 = (1 << 28) - 1

  /// Keeps the reader's message `sequence` and returns its number.
  mutating func hold(_ reader: PortReader, _ sequence: UInt64) -> UInt64 {
    let slot: UInt32
    if let last = free.popLast() {
      slot = last
    } else {
      slot = UInt32(slots.count)
      slots.append(Slot())
    }
    slots[Int(slot)].reader = reader
    slots[Int(slot)].sequence = sequence
    return Self.mark | UInt64(slots[Int(slot)].generation) << 32 | UInt64(slot)
  }

  /// The message behind a number, which names nothing from now on.
  mutating func take(_ number: UInt64) -> (reader: PortReader, sequence: UInt64)? {
    let index = Int(UInt32(truncatingIfNeeded: number))
    guard index < slots.count, let reader = slots[index].reader,
      number == Self.mark | UInt64(slots[index].generation) << 32 | UInt64(index)
    else { return nil }
    let sequence = slots[index].sequence
    slots[index].reader = nil
    slots[index].generation = (slots[index].generation + 1) & Self.generations
    free.append(UInt32(index))
    return (reader, sequence)
  }
}
