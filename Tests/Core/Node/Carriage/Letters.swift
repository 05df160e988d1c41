// SPDX-License-Identifier: Apache-2.0
import MeshMultiplexer
import MeshNode

/// Sends, and hears from session and carrier alike.
final class LetterSender: StreamHandler, CarriedMessageObserver {
  var states: [CarriedState] = []
  weak var carriage: Carriage?

  func carried(_ number: UInt64, _ state: CarriedState) { states.append(state) }

  override func settled(handed token: UInt64, _ outcome: MessageOutcome, on: StreamReference, of: Multiplexer) {
    _ = carriage?.sessionSettled(self, token, outcome)
  }
}

/// Notes all that comes, whichever way, and releases what came over sessions at once or when it is told to.
final class LetterReader: StreamHandler, ProtocolServer {
  var bodies: [[UInt8]] = []
  private let releasesByHand: Bool
  private var held = 0
  private var stream: PeerStream?

  init(releasesByHand: Bool = false) { self.releasesByHand = releasesByHand }

  func opened(_ stream: PeerStream, _ preamble: StreamPreamble) -> StreamAcceptance {
    if releasesByHand {
      stream.multiplexer.releaseByHand(stream.reference)
      self.stream = stream
    }
    return .accept(self)
  }

  func carried(_ message: CarriedMessage) -> CarriedAcceptance {
    bodies.append(message.body)
    return .taken
  }

  override func received(_ run: inout MessageRun, on stream: StreamReference, of multiplexer: Multiplexer) {
    let before = run.consumed
    while let message = run.next() { bodies.append(Array(message.body)) }
    held += run.consumed - before
  }

  func release(now: UInt64) {
    if let stream { stream.multiplexer.release(held, of: stream.reference, now: now) }
    held = 0
    // The multiplexer has this reader, too.
    stream = nil
  }
}

extension CorePair {
  /// Sends a letter from the first node to the second one; its token is the first byte of its body.
  func sendLetter(_ body: [UInt8], from sender: LetterSender) throws {
    let options = MessageOptions(lifetime: 86_400_000_000_000, token: UInt64(body[0]), mayBeHandedOver: true)
    try body.withUnsafeBytes { bytes in
      Result { () throws(NodeError) in
        try a.send(bytes, to: id(1), protocol: "/letters/1", options: options, handler: sender, now: now)
      }
    }.get()
  }
}
