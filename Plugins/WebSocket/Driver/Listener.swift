// SPDX-License-Identifier: Apache-2.0
import TransportDriver
import WebSocketCore

/// One listening socket.
final class Listener {
  let id: UInt64
  let slot: UInt32
  let descriptor: Int32
  let address: WebSocketAddress
  var policy: UpgradePolicy

  init(id: UInt64, slot: UInt32, descriptor: Int32, address: WebSocketAddress, policy: UpgradePolicy) {
    self.id = id
    self.slot = slot
    self.descriptor = descriptor
    self.address = address
    self.policy = policy
  }

  var token: UInt64 { Token(.listener, slot: slot).raw }
}
