// SPDX-License-Identifier: Apache-2.0
import CMeshABI
import MeshMultiplexer
import MeshNode

/// A protocol that an application serves for all peers.
final class ServedProtocol: ProtocolServer {
  let name: String
  let token: UInt64
  /// `MESH_SERVE_*`.
  let flags: UInt32
  /// Most messages and requests that the application holds.
  let window: Int
  var heldCount = 0
  var readers: [ServedReader] = []
  /// Nil once it is served no more.
  var port: ApplicationPort?
  /// Nil once the port is closed: requests that came before go on.
  var answeringPort: ApplicationPort?
  /// Reads what comes with carriers.
  private var carried: CarriedReader?
  /// Reads requests.
  private lazy var requests = port.map {
    $0.node.core.server(ofRequests: name, with: PortAnswerer(self, $0.node.loop), releasesByHand: true)
  }

  init(_ port: ApplicationPort, name: String, token: UInt64, flags: UInt32, window: Int) {
    self.port = port
    answeringPort = port
    self.name = name
    self.token = token
    self.flags = flags
    self.window = window
  }

  func opened(_ stream: PeerStream, _ preamble: StreamPreamble) -> StreamAcceptance {
    guard let port else { return .refuse(code: StreamCode.noSuchProtocol) }
    let kind: UInt32
    switch preamble.kind {
    case .messages: kind = MESH_SERVE_MESSAGES
    case .bytes: kind = MESH_SERVE_STREAMS
    case .request: kind = MESH_SERVE_REQUESTS
    }
    guard flags & kind != 0 else { return .refuse(code: StreamCode.noSuchProtocol) }
    guard port.node.permits(stream.peer, name) else { return .refuse(code: StreamCode.notAllowed) }
    switch preamble.kind {
    case .messages:
      stream.multiplexer.releaseByHand(stream.reference)
      let reader = ServedReader(port, self, stream)
      readers.append(reader)
      return .accept(reader)
    case .bytes: return port.streamOpened(stream, preamble, by: self)
    case .request: return requests?.opened(stream, preamble) ?? .refuse(code: StreamCode.noSuchProtocol)
    }
  }

  func carried(_ message: CarriedMessage) -> CarriedAcceptance {
    guard let port, flags & MESH_SERVE_MESSAGES != 0 else { return .refused }
    let reader = carried ?? CarriedReader(port, self)
    carried = reader
    return reader.take(message)
  }

  /// Senders learn that nobody serves it any more.
  func end(now: UInt64) {
    port = nil
    requests = nil
    for reader in readers { reader.stop(now: now) }
    readers = []
    carried?.stop()
    carried = nil
  }
}
