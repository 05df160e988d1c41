// SPDX-License-Identifier: Apache-2.0
import HTXHTTP3
import HTXLanes
import HTXQUIC
import HTXSite
import HTXTCP
import HTXTestNetwork
import HTXTickets
import MeshCrypto

/// A site with lanes and whoever dials it, on one virtual network.
final class LanePair {
  let network: VirtualNetwork
  let serverAddress = NetworkAddress(v4: (192, 0, 2, 1), port: 443)
  let clientAddress = NetworkAddress(v4: (192, 0, 2, 9), port: 40_000)
  let far = RecordingLender()
  let near = RecordingLender()
  let site: Site
  private(set) var laneServer: LaneServer?
  private(set) var server: Endpoint!
  let client: Endpoint
  let pin: KeyPin
  /// Sizes of the packets that the server sends while set.
  var sizes: [Int]?
  /// The dialling end of the link.
  private(set) var quic: Connection?

  struct NoEndpoint: Error {}

  /// - Parameters:
  ///   - judges: whether the server knows about tickets; the far lender's gate has to be set then.
  ///   - folder: of the site; the built-in page without one.
  ///   - said: what the server says of itself, where that is not its own.
  ///   - streams: how many requests the server allows at once.
  ///   - other: who answers instead of the site.
  ///   - raw: the same, below HTTP/3.
  init(
    judges: Bool = true, seed: UInt64 = 1, said: HTTP3ServerSettings? = nil, folder: String? = nil,
    budget: LentBudget = LentBudget(), memory: MemoryBudget? = MemoryBudget(),
    clientOptions: EndpointOptions = EndpointOptions(), streams: UInt32 = 128, other: HTTP3Handler? = nil,
    raw: ConnectionHandler? = nil
  ) throws {
    network = VirtualNetwork(seed: seed)
    site = try Site(folder: folder, started: 1000)
    let credentials = try Credentials(.selfMade(name: "server"), protocols: [HTTP3Connection.applicationProtocol])
    let plain = try Credentials(.authorities(nil), protocols: [HTTP3Connection.applicationProtocol])
    guard let pin = credentials.pin, let client = Endpoint(plain, clientOptions, sink: VirtualSink(network))
    else { throw NoEndpoint() }
    self.pin = pin
    self.client = client
    var options = EndpointOptions()
    options.streamWindow = UInt64(LaneServer.visitorWindow)
    options.bidirectionalStreams = streams
    options.parameters = said?.parameters
    server = Endpoint(
      credentials, options, sink: VirtualSink(network), memory: memory,
      acceptor: { [unowned self] _ in
        if let raw { return raw }
        if let other { return HTTP3Connection(isServer: true, other, requestStreams: 128) }
        let window = said.map { Int($0.parameters.remoteStreamWindow) } ?? LaneServer.visitorWindow
        let made = LaneServer(
          site, judges ? far : LaneLender(), budget: budget, streamWindow: window, clock: { 784_111_777 })
        laneServer = made
        let streams = said.map { UInt32($0.parameters.bidirectionalStreams) } ?? 128
        return made.makeConnection(requestStreams: streams, settings: said?.settings)
      })
    guard server != nil else { throw NoEndpoint() }
    network.attach(server, at: serverAddress)
    network.attach(client, at: clientAddress)
    network.filter = { [unowned self] bytes, to in
      if to == clientAddress { sizes?.append(bytes.count) }
      return false
    }
  }

  /// Dials with any handler.
  func dial(_ http3: HTTP3Connection) -> Connection? {
    client.connect(
      to: serverAddress, from: clientAddress, PeerIdentity(name: "server", pins: [pin]), http3, now: network.now)
  }

  /// Dials, and shows a ticket as soon as it may; it is admitted in the step after that.
  func open(_ ticket: IssuedTicket, seconds: Double = 60, until isDone: () -> Bool) -> LaneClient? {
    let laneClient = LaneClient(near)
    near.onReached = { _ = $0.begin(.local, ticket) }
    quic = dial(laneClient.makeConnection())
    let isWhole = network.run(seconds: seconds) {
      if !far.verdicts.isEmpty { laneServer?.settle(admitted: true) }
      return isDone()
    }
    return isWhole ? laneClient : nil
  }

  /// Opens a link with a ticket, which is settled as `admitted` as soon as it was judged; with lane 0 alone when `isNarrow`.
  func link(_ ticket: IssuedTicket, admitted: Bool = true, isNarrow: Bool = false) -> LaneClient? {
    let laneClient = LaneClient(near)
    let http3 = laneClient.makeConnection()
    quic = dial(http3)
    guard quic != nil, network.run(until: { near.hasReached }) else { return nil }
    guard laneClient.begin(ClientTarget.local, ticket), network.run(until: { !far.verdicts.isEmpty }) else {
      return nil
    }
    laneServer?.settle(admitted: admitted)
    network.run(seconds: 5, until: { near.isOpen && far.isOpen || !near.ends.isEmpty })
    guard near.isOpen, !isNarrow else { return laneClient }
    widen(laneClient)
    network.run(seconds: 5, until: { laneServer?.hasAllLanes == true })
    return laneClient
  }

  /// The rest of the lanes is asked for, and the server told.
  func widen(_ client: LaneClient) {
    client.openRest()
    laneServer?.expectRest()
  }
}

extension ClientTarget {
  static var local: ClientTarget { ClientTarget(authority: "example.org", path: "/", cookie: "__Host-session") }
}
