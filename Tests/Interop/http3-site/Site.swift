// SPDX-License-Identifier: Apache-2.0
import CQUIC
import HTXHTTP3
import HTXQUIC

/// One page of 100,000 bytes, and nothing else.
final class Site: HTTP3Handler {
  private let page = {
    let page = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: 100_000)
    _ = page.initialize(from: (0..<100_000).map { UInt8(truncatingIfNeeded: 97 + $0 % 26) })
    return UnsafeBufferPointer(page)
  }()

  override func head(_ connection: HTTP3Connection, stream: Int64, _ head: HTTP3Head, isFinal: Bool) {
    let found = head.fields.first(":path") == "/"
    let fields = [
      HTTPField(":status", found ? "200" : "404"), HTTPField("content-type", "text/plain"),
      HTTPField("content-length", found ? "\(page.count)" : "0"),
    ]
    _ = connection.answer(stream, fields, hasBody: found && head.fields.first(":method") != "HEAD")
  }

  override func fill(
    _ connection: HTTP3Connection, stream: Int64, _ vectors: UnsafeMutablePointer<cquic_vector>, limit: Int
  ) -> HTTP3Fill {
    vectors[0] = cquic_vector(bytes: page.baseAddress, length: page.count)
    return .last(1)
  }

  static func serve(_ address: NetworkAddress, _ options: EndpointOptions) throws {
    let socket = try UDPSocket(bound: address)
    let credentials = try Credentials(
      .selfMade(name: "localhost"), protocols: [HTTP3Connection.applicationProtocol])
    let site = Site()
    guard
      let endpoint = Endpoint(
        credentials, options, sink: socket,
        acceptor: { _ in HTTP3Connection(isServer: true, site, requestStreams: options.bidirectionalStreams) })
    else { Main.fail("no endpoint") }
    let hex = (credentials.pin?.bytes ?? []).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    Main.line("listening on \(socket.address.port) pin \(hex)")
    Main.drive(socket, endpoint) { false }
  }
}
