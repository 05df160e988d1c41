// SPDX-License-Identifier: Apache-2.0
import HTXHTTP3
import HTXQUIC
import HTXTestNetwork

/// A server of HTTP/3 and a client on one virtual network.
final class WebPair {
  let network: VirtualNetwork
  let serverAddress = NetworkAddress(v4: (192, 0, 2, 1), port: 443)
  let clientAddress = NetworkAddress(v4: (192, 0, 2, 9), port: 40_000)
  let server: Endpoint
  let client: Endpoint
  let site = WebEnd()
  let visitor = WebEnd()
  let pin: KeyPin

  struct NoEndpoint: Error {}

  init(
    seed: UInt64 = 1, limits: HTTP3Limits = HTTP3Limits(), options: EndpointOptions = EndpointOptions(),
    visitor visitorOptions: EndpointOptions = EndpointOptions()
  ) throws {
    network = VirtualNetwork(seed: seed)
    let credentials = try Credentials(.selfMade(name: "server"), protocols: [HTTP3Connection.applicationProtocol])
    let plain = try Credentials(.authorities(nil), protocols: [HTTP3Connection.applicationProtocol])
    let site = site
    guard let pin = credentials.pin,
      let server = Endpoint(
        credentials, options, sink: VirtualSink(network),
        acceptor: { _ in
          HTTP3Connection(isServer: true, site, limits, requestStreams: options.bidirectionalStreams)
        }),
      let client = Endpoint(plain, visitorOptions, sink: VirtualSink(network))
    else { throw NoEndpoint() }
    self.pin = pin
    self.server = server
    self.client = client
    network.attach(server, at: serverAddress)
    network.attach(client, at: clientAddress)
  }

  /// Dials with any handler of QUIC.
  func dial(_ handler: ConnectionHandler) throws -> Connection {
    guard
      let connection = client.connect(
        to: serverAddress, from: clientAddress, PeerIdentity(name: "server", pins: [pin]), handler, now: network.now)
    else { throw NoEndpoint() }
    return connection
  }

  /// Dials with HTTP/3 and waits until both ends are open.
  func open() throws -> HTTP3Connection {
    let http = HTTP3Connection(isServer: false, visitor, requestStreams: 0)
    _ = try dial(http)
    guard network.run(until: { visitor.isOpen && site.isOpen }) else { throw NoEndpoint() }
    return http
  }

  static func head(_ method: String = "GET", _ path: String = "/", _ more: [HTTPField] = []) -> [HTTPField] {
    [
      HTTPField(":method", method), HTTPField(":scheme", "https"), HTTPField(":authority", "server"),
      HTTPField(":path", path),
    ] + more
  }

  /// A site with one page; every other path is not found.
  func servePage(_ page: [UInt8]) {
    site.onHead = { [unowned site] connection, stream, head in
      guard head.fields.first(":path") == "/" else {
        _ = connection.answer(stream, [HTTPField(":status", "404"), HTTPField("content-length", "0")], hasBody: false)
        return
      }
      site.sending[stream] = WebEnd.Body(page, isWhole: true)
      let fields = [HTTPField(":status", "200"), HTTPField("content-length", "\(page.count)")]
      _ = connection.answer(stream, fields, hasBody: head.fields.first(":method") != "HEAD")
    }
  }

  /// A site that sends back what comes, while it comes.
  func serveEcho() {
    site.onHead = { [unowned site] connection, stream, _ in
      site.sending[stream] = WebEnd.Body(isWhole: false)
      _ = connection.answer(stream, [HTTPField(":status", "200")], hasBody: true)
    }
    site.onData = { [unowned site] connection, stream, bytes in
      site.sending[stream]?.append(bytes)
      connection.resume(stream)
    }
  }
}
