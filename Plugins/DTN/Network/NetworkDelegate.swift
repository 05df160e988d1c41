// SPDX-License-Identifier: Apache-2.0
import BundleConvergence
import BundleProtocol

/// What connections to other nodes do for bundles; each has a key for as long as it lasts.
package protocol NetworkDelegate: AnyObject {
  /// Bundles can come over a connection and, if it is a neighbour's, go. One that the configuration names is trusted to
  /// be the node that it says it is.
  func came(_ connection: [UInt8], node: EndpointID?, isNeighbour: Bool, isTrusted: Bool)
  /// The connection is over: what was sent and not answered is not known to have arrived.
  func went(_ connection: [UInt8])
  /// A whole bundle, to be settled by its number.
  func arrived(_ bundle: [UInt8], number: UInt64, over connection: [UInt8])
  /// What became of a bundle that was sent: nil when it was taken.
  func answered(_ number: UInt64, _ refusal: RefusalReason?, over connection: [UInt8])
  /// A neighbour that refused for want of room can be tried again.
  func mayHaveRoom(_ connection: [UInt8])
  /// More can be sent.
  func wantsTurn()
}
