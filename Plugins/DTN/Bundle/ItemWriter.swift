// SPDX-License-Identifier: Apache-2.0

/// Writes CBOR items in the shortest form.
package struct ItemWriter {
  package private(set) var bytes: [UInt8] = []

  package init(reserving count: Int = 128) { bytes.reserveCapacity(count) }

  package mutating func head(_ major: ItemReader.Major, _ value: UInt64) {
    let kind = major.rawValue << 5
    switch value {
    case 0..<24: bytes.append(kind | UInt8(value))
    case 24...0xff:
      bytes.append(kind | 24)
      bytes.append(UInt8(value))
    case 0x100...0xffff: append(kind | 25, value, size: 2)
    case 0x1_0000...0xffff_ffff: append(kind | 26, value, size: 4)
    default: append(kind | 27, value, size: 8)
    }
  }

  private mutating func append(_ initial: UInt8, _ value: UInt64, size: Int) {
    bytes.append(initial)
    for index in stride(from: size - 1, through: 0, by: -1) {
      bytes.append(UInt8(truncatingIfNeeded: value >> UInt64(index * 8)))
    }
  }

  package mutating func unsigned(_ value: UInt64) { head(.unsigned, value) }
  package mutating func array(_ count: Int) { head(.array, UInt64(count)) }
  package mutating func bool(_ value: Bool) { bytes.append(value ? 0xf5 : 0xf4) }

  package mutating func string(_ value: some Collection<UInt8>) {
    head(.bytes, UInt64(value.count))
    bytes.append(contentsOf: value)
  }

  package mutating func text(_ value: String) {
    head(.text, UInt64(value.utf8.count))
    bytes.append(contentsOf: value.utf8)
  }

  package mutating func byte(_ value: UInt8) { bytes.append(value) }
  package mutating func raw(_ value: some Collection<UInt8>) { bytes.append(contentsOf: value) }

  /// Puts a checksum over the bytes from `start`, which end with its zeros.
  package mutating func seal(_ type: ChecksumType, from start: Int) {
    let size = type.size
    let value = bytes.withUnsafeBytes { type.compute(UnsafeRawBufferPointer(rebasing: $0[start...])) }
    for index in 0..<size {
      bytes[bytes.count - size + index] = UInt8(truncatingIfNeeded: value >> UInt32((size - 1 - index) * 8))
    }
  }
}
