// SPDX-License-Identifier: Apache-2.0

/// The XOR of RFC 6455, 5.3, 64 bytes at a time.
public enum Masking {
  /// Masks or unmasks `count` bytes in place. `offset` is how many bytes of the payload came before `bytes`; `key` is
  /// the masking key as it stands in memory.
  public static func apply(
    _ key: UInt32, to bytes: UnsafeMutableRawPointer, count: Int, offset: Int = 0
  ) {
    let turn = UInt32(truncatingIfNeeded: offset & 3) &* 8
    // The key is turned so that its first byte belongs to bytes[0], whatever the byte order of the machine.
    let little = UInt32(littleEndian: key)
    let turned = turn == 0 ? little : (little &>> turn) | (little &<< (32 &- turn))
    let word = UInt64(turned) | UInt64(turned) << 32
    let wide = SIMD8<UInt64>(repeating: word.littleEndian)
    var at = 0
    let wideEnd = count & ~63
    while at < wideEnd {
      let value = bytes.loadUnaligned(fromByteOffset: at, as: SIMD8<UInt64>.self)
      (bytes + at).copyMemory64(value ^ wide)
      at &+= 64
    }
    let wordEnd = count & ~7
    while at < wordEnd {
      let value = bytes.loadUnaligned(fromByteOffset: at, as: UInt64.self)
      bytes.storeBytes(of: value ^ word.littleEndian, toByteOffset: at, as: UInt64.self)
      at &+= 8
    }
    while at < count {
      let byte = UInt8(truncatingIfNeeded: turned &>> (UInt32(truncatingIfNeeded: at & 3) &* 8))
      bytes.storeBytes(of: bytes.load(fromByteOffset: at, as: UInt8.self) ^ byte, toByteOffset: at, as: UInt8.self)
      at &+= 1
    }
  }
}

extension UnsafeMutableRawPointer {
  @inline(__always)
  fileprivate func copyMemory64(_ value: SIMD8<UInt64>) {
    storeBytes(of: value, as: SIMD8<UInt64>.self)
  }
}
