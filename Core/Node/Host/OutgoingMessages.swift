// SPDX-License-Identifier: Apache-2.0
import MeshMultiplexer

/// Whoever waits to hear what became of messages, by token. One handler serves all flows of a node.
final class OutgoingMessages: StreamHandler {
  private var waiting: [UInt64: (MessageOutcome) -> Void] = [:]

  func wait(for token: UInt64, _ body: @escaping (MessageOutcome) -> Void) { waiting[token] = body }
  func forget(_ token: UInt64) { waiting[token] = nil }

  /// Messages whose fate is not known yet.
  var count: Int { waiting.count }

  override func settled(
    token: UInt64, _ outcome: MessageOutcome, on stream: StreamReference, of multiplexer: Multiplexer
  ) {
    waiting.removeValue(forKey: token)?(outcome)
  }
}
