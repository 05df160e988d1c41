// SPDX-License-Identifier: Apache-2.0
import CMeshABI

/// The way from a name to one connected socket: addresses are tried 250 ms apart, and the first that answers wins
/// (RFC 8305, 5).
package struct Dial {
  /// Nanoseconds before the next address is tried beside those that have not answered.
  package static let attemptDelay: UInt64 = 250_000_000

  /// Addresses in the order in which they are tried.
  package var candidates: [SocketAddress] = []
  /// How many were tried.
  package var tried = 0
  /// Sockets that are connecting, by attempt; -1 for those that are not any more.
  package var descriptors: [Int32] = []
  package var nextAttempt: UInt64 = MESH_DEADLINE_NONE
  package var lastFailure = Failure(MESH_E_UNREACHABLE, MESH_CLASS_TRANSIENT, "the name has no address")

  package init() {}

  /// Families alternate, beginning with the resolver's favourite (RFC 8305, 4).
  package static func interleave(_ addresses: [SocketAddress]) -> [SocketAddress] {
    guard let first = addresses.first else { return [] }
    var favourite = addresses.filter { $0.family == first.family }[...]
    var other = addresses.filter { $0.family != first.family }[...]
    var mixed: [SocketAddress] = []
    while !favourite.isEmpty || !other.isEmpty {
      if let address = favourite.popFirst() { mixed.append(address) }
      if let address = other.popFirst() { mixed.append(address) }
    }
    return mixed
  }
}
