// SPDX-License-Identifier: Apache-2.0
import Synchronization

/// What the numbers of peers stand for, over attachments: the application's stay, those of a daemon are its own.
///
/// The first daemon's numbers are taken as they are, so that nothing is looked up until it has been away.
final class PeerNumbers: Sendable {
  private struct State {
    var names: [UInt64: [UInt8]] = [:]
    var numbers: [[UInt8]: UInt64] = [:]
    var fromNode: [UInt64: UInt64] = [:]
    var toNode: [UInt64: UInt64] = [:]
    var isTranslating = false
    /// Numbers that no daemon gives.
    var next: UInt64 = 1 << 40
  }
  private let state = Mutex(State())

  /// The application's number for a peer that the node has named.
  func learn(_ number: UInt64, _ name: [UInt8]) -> UInt64 {
    state.withLock { state in
      if let known = state.numbers[name] {
        state.fromNode[number] = known
        state.toNode[known] = number
        return known
      }
      var own = number
      if state.isTranslating || state.names[own] != nil {
        own = state.next
        state.next += 1
      }
      state.names[own] = name
      state.numbers[name] = own
      state.fromNode[number] = own
      state.toNode[own] = number
      return own
    }
  }

  /// The daemon is gone, and its numbers with it.
  func forget() {
    state.withLock {
      $0.isTranslating = true
      $0.fromNode = [:]
      $0.toNode = [:]
    }
  }

  /// The application's number for the node's; 0 when it is not known.
  func fromNode(_ number: UInt64) -> UInt64 { state.withLock { $0.fromNode[number] ?? 0 } }

  /// The node's number for the application's; nil when the daemon does not know the peer.
  func toNode(_ number: UInt64) -> UInt64? { state.withLock { $0.toNode[number] } }

  /// All names, for asking a new daemon.
  var names: [[UInt8]] { state.withLock { Array($0.names.values) } }
}
