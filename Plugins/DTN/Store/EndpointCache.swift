// SPDX-License-Identifier: Apache-2.0
import BundleProtocol

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
    let bytes = try ahead.skip(depth: 8)
    var hash: UInt32 = 2_166_136_261
    for byte in bytes { hash = (hash ^ UInt32(byte)) &* 16_777_619 }
    let place = Int(hash % UInt32(places.count))
    if places[place].bytes.elementsEqual(bytes) {
      reader = ahead
      return places[place].endpoint
    }
    let endpoint = try EndpointID(from: &reader, limits: .lenient)
    places[place] = (Array(bytes), endpoint)
    return endpoint
  }
}
