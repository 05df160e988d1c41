// SPDX-License-Identifier: Apache-2.0
import CMeshABI
import HTXTCP
import TransportDriver

extension Instance {
  /// A dialled link is up over TCP because QUIC was not answered: that is tried again, later and later.
  func planReturn(_ connection: Connection) {
    guard !connection.isServer, connection.isBesideQUIC, !connection.isOverQUIC, settings.quicPause > 0,
      let address = connection.address
    else { return }
    let failures = max(connection.returnTries, withoutQUIC.brokenLinks(address.authority) - 1)
    let pause = WithoutQUIC.pause(settings.quicPause, after: failures)
    connection.returnTries += 1
    connection.returnAt = host.now() &+ DrawnRange(pause, 2 * pause).draw(using: &random)
    returnNext = min(returnNext, connection.returnAt)
  }

  /// Visits the sites of such links over QUIC alone, as somebody does who was told that it is there.
  func tryReturns(_ now: UInt64) {
    guard now >= returnNext else { return }
    returnNext = .max
    for connection in links.values where connection.phase == .open {
      if connection.returnAt <= now {
        connection.returnAt = .max
        visitForReturn(connection, now)
      }
      returnNext = min(returnNext, connection.returnAt)
    }
  }

  private func visitForReturn(_ connection: Connection, _ now: UInt64) {
    guard let address = connection.address, let site = address.site(pin: address.pin ?? settings.pin) else { return }
    startVisit(site, port: address.port, for: .returning(connection.link), now)
  }

  /// Such a visit is over. If it took place, the host dials the address again, with QUIC first, and closes this link when
  /// the other one has taken over.
  func returnEnded(_ visit: Connection, _ link: UInt64) {
    guard let connection = links[link], connection.phase == .open, !isStopping else { return }
    guard visit.pageClient != nil, let address = connection.address else { return planReturn(connection) }
    withoutQUIC.isAnswered(address.authority)
    host.log(MESH_LOG_INFO, "QUIC is answered by \(address.authority): the link over TCP makes room for one over it")
    var caps = capabilities(of: connection)
    caps.flags |= MESH_CAP_YIELDS
    withUnsafeBytes(of: &caps) { extra in
      var event = mesh_link_event()
      event.kind = MESH_EVENT_CAPS
      event.link = connection.link
      event.extra.ptr = extra.baseAddress
      event.extra_len = UInt32(extra.count)
      host.event(&event)
    }
  }
}
