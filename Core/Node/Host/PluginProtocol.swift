// SPDX-License-Identifier: Apache-2.0
import CMeshABI
import MeshMultiplexer
import MeshPluginHost
import MeshSession
import MeshWire

/// A protocol that a plugin serves between nodes (`mesh.session/1`).
final class PluginProtocol: ProtocolServer {
  private unowned let node: Node
  let transport: NodeTransport
  private let name: String
  private var readers: [PluginProtocolReader] = []

  init(node: Node, transport: NodeTransport, name: String) {
    self.node = node
    self.transport = transport
    self.name = name
  }

  func opened(_ stream: PeerStream, _ preamble: StreamPreamble) -> StreamAcceptance {
    guard preamble.kind == .messages else { return .refuse(code: StreamCode.failed) }
    guard node.permits(stream.peer, name) else { return .refuse(code: StreamCode.notAllowed) }
    let reader = PluginProtocolReader(node: node, transport: transport, stream: stream)
    readers.removeAll { $0.isEnded }
    readers.append(reader)
    return .accept(reader)
  }

  /// The plugin takes messages of this node again.
  func resume(_ id: NodeID, now: UInt64) {
    for reader in readers where reader.stream.peer.id == id && !reader.isEnded {
      reader.stream.multiplexer.resume(reader.stream.reference, now: now)
    }
  }

  /// The plugin has gone.
  func end(now: UInt64) {
    for reader in readers where !reader.isEnded {
      reader.stream.multiplexer.stop(reader.stream.reference, code: StreamCode.noSuchProtocol)
    }
    readers = []
  }
}

/// Messages of one peer's side; what the plugin does not take stays in the stream.
final class PluginProtocolReader: StreamHandler {
  private unowned let node: Node
  private let transport: NodeTransport
  let stream: PeerStream
  private(set) var isEnded = false

  init(node: Node, transport: NodeTransport, stream: PeerStream) {
    self.node = node
    self.transport = transport
    self.stream = stream
  }

  override func received(_ run: inout MessageRun, on reference: StreamReference, of multiplexer: Multiplexer) {
    guard let instance = transport.instance else { return }
    while true {
      var ahead = run
      guard let message = ahead.next() else {
        run = ahead
        return
      }
      let isTaken = stream.peer.id.withBytes { node.host.sessionMessage(message.body, from: $0, to: instance) }
      guard isTaken else { return }
      run = ahead
    }
  }

  override func ended(_ reference: StreamReference, code: UInt64?, of multiplexer: Multiplexer) { isEnded = true }
}
