// SPDX-License-Identifier: Apache-2.0
import CSodium
import Synchronization

/// A source of random bytes, passed in so that a simulation can repeat a run.
public struct RandomBytes: Sendable {
  /// Fills the whole buffer.
  public let fill: @Sendable (UnsafeMutableRawBufferPointer) -> Void

  /// A source that is `fill`.
  public init(fill: @escaping @Sendable (UnsafeMutableRawBufferPointer) -> Void) {
    self.fill = fill
  }

  /// The kernel's generator, through libsodium.
  public static let system = RandomBytes { buffer in
    _ = Sodium.ready
    guard let start = buffer.baseAddress, buffer.count > 0 else { return }
    randombytes_buf(start, buffer.count)
  }

  /// The same bytes for the same seed and the same sequence of calls. For tests and simulations only.
  public static func seeded(_ seed: UInt64) -> RandomBytes {
    _ = Sodium.ready
    var name = Array("mesh seeded random".utf8)
    withUnsafeBytes(of: seed.bigEndian) { name.append(contentsOf: $0) }
    let key = name.withUnsafeBytes { SHA256.hash($0) }
    let calls = CallCount()
    return RandomBytes { buffer in
      guard buffer.count > 0 else { return }
      var nonce = calls.next().littleEndian
      _ = withUnsafeBytes(of: &nonce) { nonce in
        crypto_stream_chacha20(buffer.octets, UInt64(buffer.count), nonce.octets, key)
      }
    }
  }

  /// `count` fresh bytes.
  public func bytes(_ count: Int) -> [UInt8] {
    [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
      fill(UnsafeMutableRawBufferPointer(buffer))
      initialized = count
    }
  }

  /// A fresh integer, all 64 bits random.
  public func uint64() -> UInt64 {
    var value: UInt64 = 0
    withUnsafeMutableBytes(of: &value) { fill($0) }
    return value
  }
}

/// Numbers the calls of one seeded source.
private final class CallCount: Sendable {
  private let count = Atomic<UInt64>(0)

  func next() -> UInt64 { count.wrappingAdd(1, ordering: .relaxed).oldValue }
}
