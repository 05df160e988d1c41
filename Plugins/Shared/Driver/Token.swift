// SPDX-License-Identifier: Apache-2.0

/// What a watch, wake offload or store belongs to, in the 64 bits that the host hands back.
package struct Token {
  package enum Kind: UInt8 {
    case listener = 1
    case link = 2
    case attempt = 3
    case resolver = 4
    case wake = 5
    case store = 6
    case restore = 7
    case datagrams = 8
  }

  package let kind: Kind
  /// Which attempt of a link that dials.
  package let attempt: UInt8
  /// Counts the uses of the slot, so that a late word for its last user is known as such.
  package let generation: UInt16
  package let slot: UInt32

  package init(_ kind: Kind, slot: UInt32 = 0, generation: UInt16 = 0, attempt: UInt8 = 0) {
    self.kind = kind
    self.attempt = attempt
    self.generation = generation
    self.slot = slot
  }

  package init?(_ raw: UInt64) {
    guard let kind = Kind(rawValue: UInt8(truncatingIfNeeded: raw >> 56)) else { return nil }
    self.kind = kind
    attempt = UInt8(truncatingIfNeeded: raw >> 48)
    generation = UInt16(truncatingIfNeeded: raw >> 32)
    slot = UInt32(truncatingIfNeeded: raw)
  }

  package var raw: UInt64 {
    UInt64(kind.rawValue) << 56 | UInt64(attempt) << 48 | UInt64(generation) << 32 | UInt64(slot)
  }
}
