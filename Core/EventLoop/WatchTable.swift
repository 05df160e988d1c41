// SPDX-License-Identifier: Apache-2.0

/// Names a watched descriptor until `unwatch`; afterwards the value names nothing.
public struct WatchID: Hashable, Sendable {
  let slot: UInt32
  let generation: UInt32
}

/// The watched descriptors, by slot. The slot and its generation travel through epoll, so that an event that was
/// already fetched when its descriptor was given up finds nobody.
struct WatchTable {
  struct Entry {
    var generation: UInt32 = 1
    var descriptor: Int32 = -1
    var token: UInt64 = 0
    var handler: EventHandler?
  }

  private(set) var count = 0
  private var entries: [Entry] = []
  private var free: [UInt32] = []
  /// The slot of each descriptor's watch, by number.
  private var owners: [UInt32] = []
  private static let nobody = UInt32.max

  mutating func insert(descriptor: Int32, token: UInt64, handler: EventHandler) -> WatchID {
    let slot: UInt32
    if let reused = free.popLast() {
      slot = reused
    } else {
      slot = UInt32(truncatingIfNeeded: entries.count)
      entries.append(Entry())
    }
    entries[Int(slot)].descriptor = descriptor
    entries[Int(slot)].token = token
    entries[Int(slot)].handler = handler
    count += 1
    return WatchID(slot: slot, generation: entries[Int(slot)].generation)
  }

  /// The kernel has taken the descriptor. If its number was watched before, that file was closed without a word: the
  /// older watch names nothing from now on, so that its owner cannot touch this one.
  mutating func claim(_ id: WatchID) {
    let number = Int(entries[Int(id.slot)].descriptor)
    while owners.count <= number { owners.append(WatchTable.nobody) }
    let before = owners[number]
    owners[number] = id.slot
    guard before != WatchTable.nobody, before != id.slot else { return }
    _ = remove(WatchID(slot: before, generation: entries[Int(before)].generation))
  }

  func descriptor(of id: WatchID) -> Int32? {
    guard Int(id.slot) < entries.count, entries[Int(id.slot)].generation == id.generation else { return nil }
    let descriptor = entries[Int(id.slot)].descriptor
    return descriptor < 0 ? nil : descriptor
  }

  mutating func remove(_ id: WatchID) -> Int32? {
    guard let descriptor = descriptor(of: id) else { return nil }
    let number = Int(descriptor)
    if number < owners.count, owners[number] == id.slot { owners[number] = WatchTable.nobody }
    entries[Int(id.slot)].generation &+= 1
    entries[Int(id.slot)].descriptor = -1
    entries[Int(id.slot)].handler = nil
    free.append(id.slot)
    count -= 1
    return descriptor
  }

  /// The descriptors in the table.
  var ids: [WatchID] { ids { _ in true } }

  /// The descriptors of one handler.
  func ids(of handler: EventHandler) -> [WatchID] { ids { $0 === handler } }

  private func ids(where isWanted: (EventHandler) -> Bool) -> [WatchID] {
    entries.indices.compactMap { index in
      guard let handler = entries[index].handler, isWanted(handler) else { return nil }
      return WatchID(slot: UInt32(truncatingIfNeeded: index), generation: entries[index].generation)
    }
  }

  /// Who waits for the event that carries this word.
  func target(of word: UInt64) -> (handler: EventHandler, token: UInt64)? {
    let slot = Int(UInt32(truncatingIfNeeded: word))
    guard slot < entries.count, entries[slot].generation == UInt32(truncatingIfNeeded: word >> 32),
      let handler = entries[slot].handler
    else { return nil }
    return (handler, entries[slot].token)
  }
}

extension WatchID {
  /// The word that epoll carries for this descriptor.
  var word: UInt64 { UInt64(generation) << 32 | UInt64(slot) }
}
