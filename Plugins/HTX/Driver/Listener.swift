// SPDX-License-Identifier: Apache-2.0
import HTXSite
import TransportDriver

/// One listening socket.
final class Listener {
  let id: UInt64
  let slot: UInt32
  let descriptor: Int32
  /// What its visitors see: with UDP beside TCP it says so, as the examples of nginx do.
  let site: Site
  let hasUDP: Bool
  /// Where its UDP side is still to be opened: a listener that is being replaced has not let go of the address yet.
  var missingPort: SocketAddress?

  init(id: UInt64, slot: UInt32, descriptor: Int32, site: Site, hasUDP: Bool) {
    self.site = site
    self.hasUDP = hasUDP
    self.id = id
    self.slot = slot
    self.descriptor = descriptor
  }

  var token: UInt64 { Token(.listener, slot: slot).raw }
}
