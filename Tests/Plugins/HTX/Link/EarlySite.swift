// SPDX-License-Identifier: Apache-2.0
import CQUIC
import Glibc
import HTXHTTP3
import HTXLanes
import HTXQUIC
import HTXTickets

/// A site that says something on the first lane before it has answered for the last one.
final class EarlySite: HTTP3Handler, FarEnd {
  let reader = LaneReader(holding: -1)
  let address: String
  private var socket: UDPSocket?
  private var endpoint: Endpoint?
  private weak var connection: HTTP3Connection?
  private var lanes: [String: Int64] = [:]
  private var body: UnsafeMutableBufferPointer<UInt8>
  private var lent = 0
  private var ready = 0

  /// The bytes that the first lane brings, of which the first `early` come before the link is up.
  init(_ bytes: [UInt8], early: Int) throws {
    body = .allocate(capacity: bytes.count)
    _ = body.initialize(from: bytes)
    ready = early
    let socket = try UDPSocket(bound: NetworkAddress(v4: (127, 0, 0, 1), port: 0))
    let credentials = try Credentials(.selfMade(name: "server"), protocols: [HTTP3Connection.applicationProtocol])
    let pin = credentials.pin.map { pinText($0.bytes) } ?? ""
    address = "htx://127.0.0.1:\(socket.address.port)/#ticket=\(reader.key.publicKey.text)&pin=\(pin)"
    super.init()
    endpoint = Endpoint(credentials, EndpointOptions(), sink: socket) { [unowned self] _ in
      HTTP3Connection(isServer: true, self, requestStreams: 128)
    }
    self.socket = socket
  }

  deinit { body.deallocate() }

  func step() {
    guard let socket, let endpoint else { return }
    _ = socket.receive(into: endpoint, now: nanoseconds())
    if socket.isFull { endpoint.writable() }
    endpoint.poll(now: nanoseconds())
  }

  /// Lets go of what has this object as its handler.
  func close() { endpoint = nil }

  func release(_ lane: Int) {}

  /// Whether every lane was asked for.
  var isAsked: Bool { lanes.count == 6 }

  /// Answers for the last lane.
  func answerLast() {
    if let last = lanes["5"] { _ = connection?.answer(last, [HTTPField(":status", "200")], hasBody: true) }
  }

  /// Says the rest on the first lane.
  func sayRest() {
    ready = body.count
    if let first = lanes["0"] { connection?.resume(first) }
  }

  override func head(_ connection: HTTP3Connection, stream: Int64, _ head: HTTP3Head, isFinal: Bool) {
    self.connection = connection
    guard head.fields.first(":method") == "POST", let number = head.fields.first(":path")?.last, number.isNumber else {
      _ = connection.answer(stream, [HTTPField(":status", "200")], hasBody: false)
      return
    }
    lanes[String(number)] = stream
    if number != "5" { _ = connection.answer(stream, [HTTPField(":status", "200")], hasBody: true) }
  }

  override func fill(
    _ connection: HTTP3Connection, stream: Int64, _ vectors: UnsafeMutablePointer<cquic_vector>, limit: Int
  ) -> HTTP3Fill {
    guard stream == lanes["0"], lent < ready, let base = body.baseAddress else { return .wait }
    vectors[0] = cquic_vector(bytes: base + lent, length: ready - lent)
    lent = ready
    return .filled(1)
  }
}
