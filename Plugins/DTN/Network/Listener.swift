// SPDX-License-Identifier: Apache-2.0
import TransportDriver

/// A socket that takes connections.
struct Listener {
  /// The host's number.
  let id: UInt64
  let slot: UInt32
  let descriptor: Int32
  let address: NetworkAddress

  var token: UInt64 { Token(.listener, slot: slot).raw }
}
