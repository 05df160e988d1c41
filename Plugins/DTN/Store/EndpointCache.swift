// SPDX-License-Identifier: Apache-2.0
import BundleProtocol
import Glibc

/// Endpoints by their encoding, so that the same name in a million records is read once. One place for each remainder of
/// a hash: a name that is not in its place is read again.
struct EndpointCache {
  private var places: [(bytes: [UInt8], endpoint: EndpointID)]

  init(places: Int = 256) {
    self.places = [(bytes: [UInt8], endpoint: EndpointID)](repeating: ([], .none), count: places)
  }

  mutating func read(_ reader: inout ItemReader) throws(BundleError) -> EndpointID {
    guard !places.isEmpty else { return try EndpointID(from: &reader, limits: .lenient) }
    var ahead = reader
    // One level more than its part may have, which is within a pair.
    let bytes = try ahead.skip(depth: BundleLimits.lenient.depth + 1)
    let place = Int(Self.hash(bytes) % UInt64(places.count))
    if places[place].bytes.count == bytes.count, let start = bytes.baseAddress,
      memcmp(places[place].bytes, start, bytes.count) == 0
    {
      reader = ahead
      return places[place].endpoint
    }
    let endpoint = try EndpointID(from: &reader, limits: .lenient)
    places[place] = (Array(bytes), endpoint)
    return endpoint
  }

  /// FNV-1a over words of eight bytes: it only chooses a place.
  private static func hash(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    var at = 0
    while at + 8 <= bytes.count {
      hash = (hash ^ bytes.loadUnaligned(fromByteOffset: at, as: UInt64.self)) &* 0x100_0000_01b3
      hash ^= hash >> 32
      at += 8
    }
    for byte in bytes[at...] { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
    return hash
  }
}
