// SPDX-License-Identifier: Apache-2.0
import MeshMultiplexer
import MeshNode
import MeshSession
import MeshWire

/// Serves a protocol and keeps what arrives.
final class Mailbox: StreamHandler, ProtocolServer {
  private(set) var messages: [String] = []
  private(set) var senders: Set<String> = []

  func opened(_ stream: PeerStream, _ preamble: StreamPreamble) -> StreamAcceptance {
    senders.insert(stream.peer.id.name)
    return .accept(self)
  }

  override func received(_ run: inout MessageRun, on stream: StreamReference, of multiplexer: Multiplexer) {
    while let message = run.next() { messages.append(String(decoding: message.body, as: UTF8.self)) }
  }
}
