// SPDX-License-Identifier: Apache-2.0
import CQUIC
import Glibc
import HTXHTTP3
import HTXQUIC

/// Fetches one thing and prints it.
final class Fetch: HTTP3Handler {
  private let path: String
  private var status = ""
  private var body: [UInt8] = []
  private var isWhole = false
  private var reason: CloseReason?

  init(_ path: String) { self.path = path }

  override func opened(_ connection: HTTP3Connection) {
    let fields = [
      HTTPField(":method", "GET"), HTTPField(":scheme", "https"), HTTPField(":authority", "localhost"),
      HTTPField(":path", path), HTTPField("user-agent", "http3-site"),
    ]
    if connection.ask(fields, hasBody: false) == nil { Main.fail("the server takes no request") }
  }

  override func head(_ connection: HTTP3Connection, stream: Int64, _ head: HTTP3Head, isFinal: Bool) {
    status = head.fields.first(":status") ?? ""
  }

  override func data(_ connection: HTTP3Connection, stream: Int64, _ bytes: UnsafeRawBufferPointer) -> Int {
    body.append(contentsOf: bytes)
    return bytes.count
  }

  override func ended(_ connection: HTTP3Connection, stream: Int64) { isWhole = true }
  override func over(_ connection: HTTP3Connection, _ reason: CloseReason) { self.reason = reason }

  static func get(_ address: NetworkAddress, path: String, pin: KeyPin?) throws {
    let socket = try UDPSocket(bound: NetworkAddress(v4: (0, 0, 0, 0), port: 0))
    let credentials = try Credentials(.authorities(nil), protocols: [HTTP3Connection.applicationProtocol])
    let fetch = Fetch(path)
    let http = HTTP3Connection(isServer: false, fetch, requestStreams: 0)
    guard let endpoint = Endpoint(credentials, EndpointOptions(), sink: socket),
      endpoint.connect(
        to: address, from: socket.address, PeerIdentity(name: "localhost", pins: pin.map { [$0] } ?? []), http,
        now: Main.now()) != nil
    else { Main.fail("no connection") }
    Main.drive(socket, endpoint) { fetch.isWhole || fetch.reason != nil }
    guard fetch.isWhole else { Main.fail("ended: \(fetch.reason.map { "\($0)" } ?? "")") }
    Main.line("\(fetch.status) \(fetch.body.count)")
    http.close()
    endpoint.poll(now: Main.now())
  }
}
