// SPDX-License-Identifier: Apache-2.0
import MeshMultiplexer

/// Whoever waits to hear what became of messages, by token. One handler serves all flows of a node.
final class OutgoingMessages: StreamHandler {
  private var waiting: [UInt64: (MessageOutcome) -> Void] = [:]
  private var waitingForSent: [UInt64: () -> Void] = [:]

  func wait(for token: UInt64, sent: (() -> Void)?, _ body: @escaping (MessageOutcome) -> Void) {
    waiting[token] = body
    if let sent { waitingForSent[token] = sent }
  }

  func forget(_ token: UInt64) {
    waiting[token] = nil
    waitingForSent[token] = nil
  }

  /// Messages whose fate is not known yet.
  var count: Int { waiting.count }

  override func sent(token: UInt64, on stream: StreamReference, of multiplexer: Multiplexer) {
    waitingForSent.removeValue(forKey: token)?()
  }

  override func settled(
    token: UInt64, _ outcome: MessageOutcome, on stream: StreamReference, of multiplexer: Multiplexer
  ) {
    waitingForSent[token] = nil
    waiting.removeValue(forKey: token)?(outcome)
  }
}
