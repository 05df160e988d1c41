// SPDX-License-Identifier: Apache-2.0
import MeshMultiplexer

/// A stream handler that notes everything, and takes as much as it is told to.
final class Recorder: StreamHandler {
  var bytes: [UInt8] = []
  var messages: [[UInt8]] = []
  var datagrams: [[UInt8]] = []
  var settledOutcomes: [UInt64: MessageOutcome] = [:]
  var endedCodes: [UInt64?] = []
  var stoppedCodes: [UInt64] = []
  var writableCalls = 0
  /// Bytes or messages that are still taken; the rest stays.
  var appetite = Int.max
  var onSettled: (StreamReference, Multiplexer) -> Void = { _, _ in }

  override func received(_ piece: UnsafeRawBufferPointer, on _: StreamReference, of _: Multiplexer) -> Int {
    let count = min(piece.count, appetite)
    bytes += piece[..<count]
    if appetite != .max { appetite -= count }
    return count
  }

  override func received(_ run: inout MessageRun, on _: StreamReference, of _: Multiplexer) {
    while appetite > 0, let message = run.next() {
      messages.append(Array(message.body))
      if appetite != .max { appetite -= 1 }
    }
  }

  override func received(datagram: UnsafeRawBufferPointer, on _: StreamReference, of _: Multiplexer) {
    datagrams.append(Array(datagram))
  }

  override func ended(_: StreamReference, code: UInt64?, of _: Multiplexer) { endedCodes.append(code) }
  override func stopped(_: StreamReference, code: UInt64, of _: Multiplexer) { stoppedCodes.append(code) }
  override func writable(_: StreamReference, of _: Multiplexer) { writableCalls += 1 }
  override func settled(
    token: UInt64, _ outcome: MessageOutcome, on stream: StreamReference, of multiplexer: Multiplexer
  ) {
    settledOutcomes[token] = outcome
    onSettled(stream, multiplexer)
  }
}

/// Accepts every stream of a name that does not begin with "none" and keeps its recorder.
final class Acceptor: StreamAcceptor {
  var recorders: [Recorder] = []
  var preambles: [StreamPreamble] = []
  var references: [StreamReference] = []
  var appetite = Int.max
  var byHand = false

  func opened(_ stream: StreamReference, _ preamble: StreamPreamble, of multiplexer: Multiplexer) -> StreamAcceptance {
    if preamble.name.hasPrefix("none") { return .refuse(code: StreamCode.noSuchProtocol) }
    let recorder = Recorder()
    recorder.appetite = appetite
    recorders.append(recorder)
    preambles.append(preamble)
    references.append(stream)
    if byHand { multiplexer.releaseByHand(stream) }
    return .accept(recorder)
  }
}
