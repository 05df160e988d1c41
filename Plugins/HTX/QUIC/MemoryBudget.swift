// SPDX-License-Identifier: Apache-2.0

/// What ngtcp2 holds for connections that others began and that are not trusted yet. That is mostly what came out of order,
/// a block of 8 KiB for each one touched and some 80 bytes for each gap: a few bytes of packets pin all that windows allow.
/// Nobody is sent away for what everybody needs; beyond it the one who holds the most goes, as soon as all hold too much.
/// Who is trusted has a limit of his own: a ticket tells that somebody knows an address, no more.
/// One budget serves any number of endpoints of a thread.
public final class MemoryBudget {
  private let limit: UInt64
  /// Bytes that an untrusted one may hold without being counted.
  let least: UInt64
  private let most: UInt64
  /// Bytes that a trusted connection may hold.
  let mostTrusted: UInt64
  /// Those that hold more than the least; each leaves before it ends.
  private var members: [Unmanaged<Connection>] = []
  /// Bytes that all of them hold beyond it.
  public private(set) var used: UInt64 = 0

  /// - Parameters:
  ///   - limit: bytes that all together may hold beyond `least` for each.
  ///   - least: bytes that a connection may hold in any case: a new one has some 85,000, and one that has sent a large
  ///     answer up to 440,000, which ngtcp2 keeps to use again.
  ///   - most: bytes that it may hold at most.
  ///   - mostTrusted: the same for a trusted one: twice its windows, which may be full behind one packet that is missing.
  public init(
    limit: UInt64 = 16 << 20, least: UInt64 = 512 << 10, most: UInt64 = 1 << 20, mostTrusted: UInt64 = 64 << 20
  ) {
    self.limit = limit
    self.least = least
    self.most = most
    self.mostTrusted = mostTrusted
  }

  /// A connection holds so many bytes now. Returns who has to go, if somebody has to.
  func count(_ connection: Connection, _ held: UInt64) -> Connection? {
    let (old, new) = (connection.countedMemory, held > least ? held - least : 0)
    guard new != old else { return nil }
    used = used &- old &+ new
    connection.countedMemory = new
    if old == 0 {
      connection.memoryIndex = members.count
      members.append(.passUnretained(connection))
    } else if new == 0 {
      remove(connection)
    }
    if held > most { return connection }
    return used > limit ? largest : nil
  }

  /// A connection counts no more.
  func leave(_ connection: Connection) {
    guard connection.countedMemory > 0 else { return }
    used &-= connection.countedMemory
    connection.countedMemory = 0
    remove(connection)
  }

  private func remove(_ connection: Connection) {
    guard let last = members.popLast(), connection.memoryIndex < members.count else { return }
    members[connection.memoryIndex] = last
    last._withUnsafeGuaranteedRef { $0.memoryIndex = connection.memoryIndex }
  }

  private var largest: Connection? {
    func counted(_ member: Unmanaged<Connection>) -> UInt64 { member._withUnsafeGuaranteedRef(\.countedMemory) }
    return members.max { counted($0) < counted($1) }?.takeUnretainedValue()
  }
}
