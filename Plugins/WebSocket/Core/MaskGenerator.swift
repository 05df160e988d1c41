// SPDX-License-Identifier: Apache-2.0

/// Masking keys from xorshift64* (Marsaglia, 2003; Vigna, 2016), seeded once a connection.
///
/// RFC 6455, 10.3 wants keys that whoever chooses the payload cannot predict, so that no payload looks like HTTP to an
/// old proxy. A mesh link carries only ciphertext, which nobody can choose; a fast generator with a secret 64-bit seed
/// is therefore enough, and one random call a frame is saved.
public struct MaskGenerator: Sendable {
  private var state: UInt64

  /// `seed` comes from the system's random source; 0 is replaced, for it is the generator's fixed point.
  public init(seed: UInt64) { state = seed == 0 ? 0x9E37_79B9_7F4A_7C15 : seed }

  /// The next key, as it stands in memory.
  public mutating func next() -> UInt32 {
    state ^= state >> 12
    state ^= state << 25
    state ^= state >> 27
    return UInt32(truncatingIfNeeded: (state &* 0x2545_F491_4F6C_DD1D) >> 32)
  }
}
