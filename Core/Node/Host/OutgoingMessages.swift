// SPDX-License-Identifier: Apache-2.0
import MeshMultiplexer

/// Whoever waits to hear what became of messages, by token. One handler serves all flows of a node.
final class OutgoingMessages: StreamHandler, CarriedMessageObserver {
  private var waiting: [UInt64: (MessageOutcome) -> Void] = [:]
  private var waitingForSent: [UInt64: () -> Void] = [:]

  func wait(for token: UInt64, sent: (() -> Void)?, _ body: @escaping (MessageOutcome) -> Void) {
    waiting[token] = body
    if let sent { waitingForSent[token] = sent }
  }

  func forget(_ token: UInt64) {
    waiting[token] = nil
    waitingForSent[token] = nil
    waitingForCarrier[token] = nil
  }

  /// Knows which of them have gone over to a carrier.
  unowned(unsafe) var carriage: Carriage?

  private var waitingForCarrier: [UInt64: (CarriedState) -> Void] = [:]

  /// Hears of the steps of a message in the hands of a carrier, until its fate is known.
  func watchCarrier(_ token: UInt64, _ body: @escaping (CarriedState) -> Void) { waitingForCarrier[token] = body }

  func carried(_ token: UInt64, _ state: CarriedState) {
    waitingForCarrier[token]?(state)
    let outcome: MessageOutcome
    switch state {
    case .stored: return
    case .forwarded:
      waitingForSent.removeValue(forKey: token)?()
      return
    case .delivered: outcome = .delivered
    case .expired: outcome = .expired(maybeDelivered: waitingForSent[token] == nil)
    case .returned, .refused: outcome = .refused(StreamCode.failed)
    }
    waitingForSent[token] = nil
    waitingForCarrier[token] = nil
    waiting.removeValue(forKey: token)?(outcome)
  }

  override var takesUncertain: Bool { carriage?.isAvailable == true }

  override func uncertain(_ messages: [HandedMessage], of multiplexer: Multiplexer) {
    carriage?.uncertain(messages, of: multiplexer)
  }

  override func settled(
    handed token: UInt64, _ outcome: MessageOutcome, on stream: StreamReference, of multiplexer: Multiplexer
  ) {
    guard carriage?.sessionSettled(self, token, outcome) == true else { return }
    settled(token: token, outcome, on: stream, of: multiplexer)
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
    waitingForCarrier[token] = nil
    waiting.removeValue(forKey: token)?(outcome)
  }
}
