// SPDX-License-Identifier: Apache-2.0
import BundleProtocol
import CNettle

/// AES key wrap (RFC 3394), by which a security block can carry its key.
public enum KeyWrap {
  /// The key under the wrapping key, 8 bytes longer. Keys have 16 to 64 bytes, wrapping keys 16 or 32.
  public static func wrap(
    _ key: UnsafeRawBufferPointer, with wrappingKey: UnsafeRawBufferPointer
  ) throws(BundleError) -> [UInt8] {
    var wrapped = [UInt8](repeating: 0, count: key.count + 8)
    let status = cnettle_key_wrap(
      wrappingKey.baseAddress?.assumingMemoryBound(to: UInt8.self), wrappingKey.count,
      key.baseAddress?.assumingMemoryBound(to: UInt8.self), key.count, &wrapped)
    guard status == 0 else { throw BundleError(.invalid, "a key or wrapping key of a length that is not supported") }
    return wrapped
  }

  /// Puts the key into `key`, which is 8 bytes shorter than `wrapped`.
  /// - Throws: when it was changed or wrapped with another key; `key` is zero then.
  public static func unwrap(
    _ wrapped: [UInt8], with wrappingKey: UnsafeRawBufferPointer, into key: UnsafeMutableRawBufferPointer
  ) throws(BundleError) {
    guard wrapped.count == key.count + 8 else { throw BundleError(.invalid, "a wrapped key of another length") }
    let status = cnettle_key_unwrap(
      wrappingKey.baseAddress?.assumingMemoryBound(to: UInt8.self), wrappingKey.count, wrapped, key.count,
      key.baseAddress?.assumingMemoryBound(to: UInt8.self))
    guard status == 0 else {
      throw BundleError(.checksum, "the wrapped key was changed, or the wrapping key is another")
    }
  }
}

extension Bundle {
  /// Security blocks stand in the order of their making, before all others.
  mutating func insert(security block: CanonicalBlock) {
    let index = blocks.lastIndex { $0.type == .integrity || $0.type == .confidentiality }.map { $0 + 1 } ?? 0
    blocks.insert(block, at: index)
  }
}
