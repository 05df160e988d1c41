// SPDX-License-Identifier: Apache-2.0
import CSodium

/// libsodium, made ready for use before the first call.
enum Sodium {
  /// Touch this before any call that needs random numbers or the choice of a fast implementation.
  static let ready: Void = {
    precondition(sodium_init() >= 0, "libsodium cannot start: no source of random numbers")
  }()
}

extension UnsafeRawBufferPointer {
  /// The first byte as C wants it; nil when there is none, for parameters that may be NULL.
  var octets: UnsafePointer<UInt8>! { baseAddress?.assumingMemoryBound(to: UInt8.self) }
}

extension UnsafeMutableRawBufferPointer {
  /// The first byte as C wants it; nil when there is none, for parameters that may be NULL.
  var octets: UnsafeMutablePointer<UInt8>! { baseAddress?.assumingMemoryBound(to: UInt8.self) }
}

/// Whether both hold the same bytes, found in a time that depends on the length alone.
public func constantTimeEqual(_ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer) -> Bool {
  guard left.count == right.count else { return false }
  guard let a = left.baseAddress, let b = right.baseAddress else { return true }
  return sodium_memcmp(a, b, left.count) == 0
}

/// Whether both hold the same bytes, found in a time that depends on the length alone.
public func constantTimeEqual(_ left: [UInt8], _ right: [UInt8]) -> Bool {
  left.withUnsafeBytes { a in right.withUnsafeBytes { b in constantTimeEqual(a, b) } }
}
