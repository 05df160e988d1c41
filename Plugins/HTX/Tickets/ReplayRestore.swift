// SPDX-License-Identifier: Apache-2.0

/// Reads the replay memory back, key by key, at a pace that the caller's store sets.
struct ReplayRestore {
  private var place = 0
  private var record = 0

  /// The key to read next; nil when all was read.
  var key: String? { place < ReplayMemory.places ? ReplayRecord.key(place: place, number: record) : nil }

  /// Reads no more.
  mutating func stop() { place = ReplayMemory.places }

  /// What the store had under `key`, nil for nothing.
  mutating func take(_ bytes: [UInt8]?, into memory: inout ReplayMemory) {
    guard place < ReplayMemory.places else { return }
    if let bytes, memory.restore(bytes, place: place, record: record) {
      record += 1
    } else {
      place += 1
      record = 0
    }
  }
}
