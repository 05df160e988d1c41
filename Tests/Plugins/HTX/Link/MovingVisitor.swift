// SPDX-License-Identifier: Apache-2.0
import Glibc
import HTXHTTP3
import HTXLanes
import HTXQUIC
import HTXTCP
import HTXTickets
import Testing
import TransportTLS

@testable import HTXDriver

/// Somebody with addresses in several networks, who comes to a listener of the plugin, and may move before he shows his
/// ticket.
final class MovingVisitor {
  private final class Reader: LaneLender {
    var isReached = false
    override func reached(_ client: LaneClient) { isReached = true }
  }

  private let reader = Reader()
  private let socket: UDPSocket
  private let endpoint: Endpoint
  private let client: LaneClient
  private let quic: HTXQUIC.Connection
  private let site: HTXAddress

  /// Comes to the listener from an address of this machine.
  init(to text: String, from octets: (UInt8, UInt8, UInt8, UInt8)) throws {
    site = try #require(HTXAddress(text))
    let pin = try #require(site.key.flatMap { KeyPin($0.bytes) })
    socket = try UDPSocket(bound: NetworkAddress(v4: (0, 0, 0, 0), port: 0))
    let credentials = try HTXQUIC.Credentials(
      .authorities(nil), protocols: [HTTP3Connection.applicationProtocol])
    endpoint = try #require(Endpoint(credentials, EndpointOptions(), sink: socket))
    client = LaneClient(reader)
    let dialled = endpoint.connect(
      to: NetworkAddress(v4: (127, 0, 0, 1), port: site.port),
      from: NetworkAddress(v4: octets, port: socket.address.port),
      PeerIdentity(name: nil, pins: [pin]), client.makeConnection(), now: nanoseconds())
    quic = try #require(dialled)
  }

  /// The handshake is complete.
  var isReached: Bool { reader.isReached }

  /// Packets come and go.
  func step() {
    _ = socket.receive(into: endpoint, now: nanoseconds())
    if socket.isFull { endpoint.writable() }
    endpoint.poll(now: nanoseconds())
  }

  /// Goes on from another address, once that works; false until the other end has given out ids for it.
  func move(to octets: (UInt8, UInt8, UInt8, UInt8)) -> Bool {
    quic.migrate(to: NetworkAddress(v4: octets, port: socket.address.port), now: nanoseconds())
  }

  /// Whether packets leave from that address.
  func isAt(_ octets: (UInt8, UInt8, UInt8, UInt8)) -> Bool {
    quic.path?.local == NetworkAddress(v4: octets, port: socket.address.port)
  }

  /// Shows a good ticket.
  func showTicket() throws {
    let key = try #require(site.ticket)
    let ticket = try #require(IssuedTicket(for: key, policy: .standard, unixSeconds: Int64(time(nil))))
    #expect(client.begin(ClientTarget(authority: site.authority, path: "/", cookie: "__Host-session"), ticket))
    quic.wake()
  }
}
