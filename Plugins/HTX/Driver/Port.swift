// SPDX-License-Identifier: Apache-2.0
import CMeshABI
import HTXQUIC
import HTXSite
import TransportDriver

/// One UDP socket with its QUIC endpoint: of a listener, or of everything that is dialled in one family of addresses.
final class Port {
  let slot: UInt32
  let socket: UDPSocket
  let endpoint: Endpoint
  /// What its visitors see; nil where there are none.
  let site: Site?
  /// The listener whose visitors it takes; 0 when it takes no more, for what is here lives on.
  var listener: UInt64
  /// Connections of the instance that need it.
  var users = 0
  var mask: UInt32 = 0
  /// When one that is dialled from and idle is closed; `.max` while it is needed.
  var closesAt: UInt64 = .max
  /// The turn of the loop that `share` is for, by its clock.
  var turn: UInt64 = 0
  /// Bytes that may still be sent in that turn.
  var share = 0
  /// The error of the socket that was logged last.
  var toldFailure: Int32 = 0

  init(slot: UInt32, socket: UDPSocket, endpoint: Endpoint, site: Site?, listener: UInt64) {
    self.slot = slot
    self.socket = socket
    self.endpoint = endpoint
    self.site = site
    self.listener = listener
  }

  var token: UInt64 { Token(.datagrams, slot: slot).raw }
  var isIdle: Bool { users == 0 && listener == 0 }
}
