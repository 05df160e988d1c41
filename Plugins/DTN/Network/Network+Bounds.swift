// SPDX-License-Identifier: Apache-2.0
import CMeshABI
import TransportDriver

/// What peers may cost that send much and end nothing, or hold connections and do nothing.
extension Network {
  /// A stranger's connection that was of no use for so long makes room for another, nanoseconds.
  private static let idleTime: UInt64 = 60_000_000_000

  /// Notes bytes that have come.
  func hold(_ connection: Connection, _ count: Int) {
    connection.held += count
    held += count
    if held > settings.heldLimit { relieve() }
  }

  /// Notes that bytes are in the store or gone.
  func release(_ connection: Connection, _ count: Int) {
    let count = min(count, connection.held)
    connection.held -= count
    held -= count
  }

  /// Ends the connection that holds the most, one of a stranger if any holds a part worth the name.
  private func relieve() {
    let strangers = connections.values.filter { !$0.isKnown && $0.held > settings.heldLimit / 64 }
    let all = strangers.isEmpty ? Array(connections.values) : strangers
    guard let largest = all.max(by: { $0.held < $1.held }) else { return }
    complain(largest, "it has sent \(largest.held) bytes of what does not end or has no room, and others wait")
    drop(largest)
  }

  /// Whether there is room for one more connection, if need be in place of a stranger's that nobody uses.
  func hasRoomForConnection() -> Bool {
    guard connections.count >= settings.maximumConnections else { return true }
    let now = host.now()
    let idle = connections.values.filter {
      $0.dialler == nil && !$0.isKnown && now > $0.lastUse &+ Self.idleTime
    }
    guard let oldest = idle.min(by: { $0.lastUse < $1.lastUse }) else { return false }
    complain(oldest, "nothing came over it, and another wants the place")
    drop(oldest)
    return true
  }
}
