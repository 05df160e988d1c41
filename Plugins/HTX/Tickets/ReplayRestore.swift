// SPDX-License-Identifier: Apache-2.0

/// Reads the replay memory back, key by key, at a pace that the caller's store sets.
struct ReplayRestore {
  private var place = 0
  private var record = 0

  /// The key to read next; nil when all was read.
  var key: String? { place < ReplayMemory.places ? ReplayRecord.key(place: place, number: record) : nil }

  /// Reads no more.
  mutating func stop() { place = ReplayMemory.places }

  /// What the store had under `key`, nil for nothing. Returns the place whose record is there and is none, which has no
  /// more.
  mutating func take(_ bytes: [UInt8]?, into memory: inout ReplayMemory) -> Int? {
    guard place < ReplayMemory.places else { return nil }
    let read = place
    let outcome = bytes.map { memory.restore($0, place: place, record: record) } ?? .over
    if outcome == .taken {
      record += 1
    } else {
      place += 1
      record = 0
    }
    return outcome == .damaged ? read : nil
  }
}
