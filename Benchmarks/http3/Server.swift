// SPDX-License-Identifier: Apache-2.0
import CQUIC
import Glibc
import HTXHTTP3
import HTXQUIC

/// Sums up a body and answers with the sum, or sends back what comes.
final class Server: HTTP3Handler {
  private var sum = ByteSum()
  private var isEcho = false
  private let reply = Ring(pieces: 64, size: 64)

  override func head(_ connection: HTTP3Connection, stream: Int64, _ head: HTTP3Head, isFinal: Bool) {
    isEcho = head.fields.first(":path") == "/echo"
    sum = ByteSum()
    if isEcho { _ = connection.answer(stream, [HTTPField(":status", "200")], hasBody: true) }
  }

  override func data(_ connection: HTTP3Connection, stream: Int64, _ bytes: UnsafeRawBufferPointer) -> Int {
    if isEcho {
      reply.put(bytes)
      connection.resume(stream)
    } else {
      sum.add(bytes)
    }
    return bytes.count
  }

  override func ended(_ connection: HTTP3Connection, stream: Int64) {
    guard !isEcho else { return }
    let fields = [HTTPField(":status", "200"), HTTPField("x-sum", "\(sum.value)")]
    _ = connection.answer(stream, fields, hasBody: false)
  }

  override func fill(
    _ connection: HTTP3Connection, stream: Int64, _ vectors: UnsafeMutablePointer<cquic_vector>, limit: Int
  ) -> HTTP3Fill { reply.take(vectors) ? .filled(1) : .wait }

  override func acknowledged(_ connection: HTTP3Connection, stream: Int64, count: UInt64) { reply.free(Int(count)) }

  /// Says where it is and under which key, and stays until it is killed.
  static func run() -> Never {
    guard let socket = try? UDPSocket(bound: NetworkAddress(v4: (127, 0, 0, 1), port: 0)),
      let credentials = try? Credentials(.selfMade(name: "bench"), protocols: [HTTP3Connection.applicationProtocol]),
      let endpoint = Endpoint(
        credentials, Main.options(), sink: socket,
        acceptor: { _ in HTTP3Connection(isServer: true, Server(), requestStreams: 128) })
    else { Main.fail("no server") }
    let pin = (credentials.pin?.bytes ?? []).map(String.init).joined(separator: ",")
    Main.line("\(socket.address.port) \(pin)")
    Main.drive(socket, endpoint) { getppid() == 1 }
    exit(0)
  }
}
