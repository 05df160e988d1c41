// SPDX-License-Identifier: Apache-2.0

/// HKDF with SHA-256 (RFC 5869).
public enum HKDF {
  /// The most that `expand` gives: 255 × 32 bytes.
  public static let maximumLength = 8160

  /// HKDF-Extract: a pseudorandom key of 32 bytes. An empty salt means 32 zero bytes, as HMAC pads its key.
  public static func extract(salt: UnsafeRawBufferPointer, input: UnsafeRawBufferPointer) -> SecretBytes {
    SecretBytes(count: 32) { HMACSHA256.authenticate(input, key: salt, into: $0) }
  }

  /// HKDF-Expand: `count` bytes, from 0 to `maximumLength`, which the label `info` sets apart.
  public static func expand(_ key: SecretBytes, info: UnsafeRawBufferPointer, count: Int = 32) -> SecretBytes {
    precondition((0...maximumLength).contains(count), "HKDF gives at most \(maximumLength) bytes")
    return SecretBytes(count: count) { output in
      key.withBytes { key in expand(key, info: info, into: output) }
    }
  }

  /// HKDF-Expand with a text label.
  public static func expand(_ key: SecretBytes, info: String, count: Int = 32) -> SecretBytes {
    Array(info.utf8).withUnsafeBytes { expand(key, info: $0, count: count) }
  }

  /// Extract and expand in one step.
  public static func derive(
    salt: UnsafeRawBufferPointer, input: UnsafeRawBufferPointer, info: UnsafeRawBufferPointer, count: Int = 32
  ) -> SecretBytes {
    expand(extract(salt: salt, input: input), info: info, count: count)
  }

  private static func expand(
    _ key: UnsafeRawBufferPointer, info: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
  ) {
    var previous: SecretBytes?
    var written = 0
    var number: UInt8 = 1
    while written < output.count {
      let block = SecretBytes(count: 32) { block in
        withUnsafeBytes(of: number) { number in
          if let previous {
            previous.withBytes { HMACSHA256.authenticate($0, info, number, key: key, into: block) }
          } else {
            HMACSHA256.authenticate(info, number, key: key, into: block)
          }
        }
      }
      let count = min(32, output.count - written)
      block.withBytes { source in
        UnsafeMutableRawBufferPointer(rebasing: output[written..<(written + count)])
          .copyMemory(from: UnsafeRawBufferPointer(rebasing: source[..<count]))
      }
      written += count
      number &+= 1
      previous = block
    }
  }
}
