// SPDX-License-Identifier: Apache-2.0
import CQUIC
import HTXQUIC
import HTXTestNetwork

/// A server and a client on one virtual network.
final class EndpointPair {
  let network: VirtualNetwork
  let serverAddress = NetworkAddress(v4: (192, 0, 2, 1), port: 443)
  let clientAddress = NetworkAddress(v4: (192, 0, 2, 9), port: 40_000)
  let serverCredentials: Credentials
  let clientCredentials: Credentials
  let serverSink: VirtualSink
  private(set) var server: Endpoint
  let client: Endpoint
  let serverOptions: EndpointOptions
  let accepted = Accepted()
  let memory: MemoryBudget?

  /// The handlers that the server has made, and how it makes them.
  final class Accepted {
    var peers: [StreamPeer] = []
    var prepare: (StreamPeer) -> Void = { _ in }
  }

  struct NoEndpoint: Error {}

  init(
    seed: UInt64 = 1, protocols: [String] = ["h3"], server serverOptions: EndpointOptions = EndpointOptions(),
    client clientOptions: EndpointOptions = EndpointOptions(), clients: PeerIdentity = .anyone,
    clientSource: Credentials.Source = .selfMade(name: "client"), memory: MemoryBudget? = nil
  ) throws {
    self.memory = memory
    network = VirtualNetwork(seed: seed)
    self.serverOptions = serverOptions
    serverCredentials = try Credentials(.selfMade(name: "server.example"), protocols: protocols)
    clientCredentials = try Credentials(clientSource, protocols: protocols)
    serverSink = VirtualSink(network)
    guard
      let server = Self.makeServer(serverCredentials, serverOptions, serverSink, clients, accepted, memory),
      let client = Endpoint(clientCredentials, clientOptions, sink: VirtualSink(network))
    else { throw NoEndpoint() }
    self.server = server
    self.client = client
    network.attach(server, at: serverAddress)
    network.attach(client, at: clientAddress)
  }

  private static func makeServer(
    _ credentials: Credentials, _ options: EndpointOptions, _ sink: PacketSink, _ clients: PeerIdentity,
    _ accepted: Accepted, _ memory: MemoryBudget?
  ) -> Endpoint? {
    let secret = [UInt8](repeating: 7, count: 32)
    return secret.withUnsafeBytes { secret in
      Endpoint(credentials, options, sink: sink, clients: clients, secret: secret, memory: memory) { _ in
        let peer = StreamPeer()
        accepted.prepare(peer)
        accepted.peers.append(peer)
        return peer
      }
    }
  }

  /// The server dies without a word, and one with the same secret takes its place.
  func restartServer() throws {
    guard let fresh = Self.makeServer(serverCredentials, serverOptions, serverSink, .anyone, accepted, memory) else {
      throw NoEndpoint()
    }
    server = fresh
    network.attach(fresh, at: serverAddress)
  }

  /// Dials the server, known by its pin unless another identity is given.
  func dial(
    _ identity: PeerIdentity? = nil, version: UInt32 = 0, from address: NetworkAddress? = nil
  ) throws -> (connection: Connection, peer: StreamPeer) {
    let peer = StreamPeer()
    let pins = serverCredentials.pin.map { [$0] } ?? []
    guard
      let connection = client.connect(
        to: serverAddress, from: address ?? clientAddress, identity ?? PeerIdentity(name: "server.example", pins: pins),
        peer,
        version: version, now: network.now)
    else { throw NoEndpoint() }
    return (connection, peer)
  }

  /// Dials, and waits for both sides' confirmation.
  func connected(
    from address: NetworkAddress? = nil
  ) throws -> (connection: Connection, peer: StreamPeer, server: StreamPeer) {
    let earlier = accepted.peers.filter { $0.confirmations > 0 }.count
    let (connection, peer) = try dial(from: address)
    // A first packet that came in the wrong order leaves a handler that never connects.
    let confirmed = { self.accepted.peers.filter { $0.confirmations > 0 } }
    guard network.run(until: { peer.confirmations > 0 && confirmed().count > earlier }), let server = confirmed().last
    else { throw NoEndpoint() }
    return (connection, peer, server)
  }
}
