// SPDX-License-Identifier: Apache-2.0
import CQUIC

/// First packets that wait until there is time for another handshake, in their order. Bounded; a client whose packet has no
/// room sends it again.
struct InitialQueue {
  /// One packet.
  struct Entry {
    let bytes: [UInt8]
    var path: (local: cquic_address, remote: cquic_address)
    let ecn: UInt8
  }

  private static let capacity = 256
  private var entries: [Entry] = []
  private var head = 0

  var isEmpty: Bool { head == entries.count }
  /// Packets that wait.
  var count: Int { entries.count - head }

  /// Keeps a packet; false when there is no room.
  mutating func append(
    _ packet: UnsafeRawBufferPointer, _ path: (local: cquic_address, remote: cquic_address), _ ecn: UInt8
  ) -> Bool {
    guard entries.count - head < Self.capacity else { return false }
    entries.append(Entry(bytes: Array(packet), path: path, ecn: ecn))
    return true
  }

  mutating func popFirst() -> Entry? {
    guard head < entries.count else { return nil }
    defer {
      head += 1
      if head == entries.count || head >= Self.capacity {
        entries.removeFirst(head)
        head = 0
      }
    }
    return entries[head]
  }
}
