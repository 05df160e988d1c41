// SPDX-License-Identifier: Apache-2.0
import MeshEventLoop

/// What a plugin watches a descriptor for.
struct WatchedDescriptor {
  let id: WatchID
  var token: UInt64
  var mask: UInt32
}

/// The descriptors of one incarnation by number, for a look-up without hashing with each event.
struct WatchedDescriptors {
  private(set) var count = 0
  private var slots: [WatchedDescriptor?] = []

  subscript(descriptor: Int32) -> WatchedDescriptor? {
    get {
      let index = Int(descriptor)
      return index >= 0 && index < slots.count ? slots[index] : nil
    }
    set {
      let index = Int(descriptor)
      guard index >= 0 else { return }
      while slots.count <= index, newValue != nil { slots.append(nil) }
      guard index < slots.count else { return }
      count += (newValue == nil ? 0 : 1) - (slots[index] == nil ? 0 : 1)
      slots[index] = newValue
    }
  }

  /// Forgets all, and says what was watched.
  mutating func removeAll() -> [WatchID] {
    defer { (slots, count) = ([], 0) }
    return slots.compactMap { $0?.id }
  }
}

/// A descriptor that was ready in this turn.
struct ReadyDescriptor {
  var descriptor: Int32
  var mask: UInt32
}
