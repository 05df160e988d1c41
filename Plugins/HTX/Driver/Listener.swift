// SPDX-License-Identifier: Apache-2.0
import TransportDriver

/// One listening socket.
final class Listener {
  let id: UInt64
  let slot: UInt32
  let descriptor: Int32

  init(id: UInt64, slot: UInt32, descriptor: Int32) {
    self.id = id
    self.slot = slot
    self.descriptor = descriptor
  }

  var token: UInt64 { Token(.listener, slot: slot).raw }
}
