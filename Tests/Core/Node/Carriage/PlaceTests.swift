// SPDX-License-Identifier: Apache-2.0
import MeshMultiplexer
import MeshNode
import MeshSession
import MeshTransportManager
import MeshWire
import Testing

/// Copies of messages that a session had begun, and whose link died before both ends knew of it.
@Suite struct PlaceTests {
  /// Sends, and hears from session and carrier alike.
  private final class Sender: StreamHandler, CarriedMessageObserver {
    var states: [CarriedState] = []
    var carriage: Carriage?

    func carried(_ number: UInt64, _ state: CarriedState) { states.append(state) }

    override func settled(handed token: UInt64, _ outcome: MessageOutcome, on: StreamReference, of: Multiplexer) {
      _ = carriage?.sessionSettled(self, token, outcome)
    }
  }

  /// Notes all that comes, whichever way.
  private final class Reader: StreamHandler, ProtocolServer {
    var bodies: [[UInt8]] = []

    func opened(_ stream: PeerStream, _ preamble: StreamPreamble) -> StreamAcceptance { .accept(self) }

    func carried(_ message: CarriedMessage) -> CarriedAcceptance {
      bodies.append(message.body)
      return .taken
    }

    override func received(_ run: inout MessageRun, on stream: StreamReference, of multiplexer: Multiplexer) {
      while let message = run.next() { bodies.append(Array(message.body)) }
    }
  }

  @Test func `A copy that is read before the reader's first link is confirmed is the only one that is read`() throws {
    let pair = CorePair(knowsAddress: false)
    let carriers = [ScriptedCarrier(), ScriptedCarrier()]
    pair.a.carriage.driver = carriers[0]
    pair.b.carriage.driver = carriers[1]
    defer {
      pair.a.carriage.driver = nil
      pair.b.carriage.driver = nil
    }
    let sender = Sender()
    sender.carriage = pair.a.carriage
    let reader = Reader()
    try pair.b.serve("/letters/1", with: reader)
    for body: [UInt8] in [[1], [2]] {
      try send(body, from: pair, sender)
    }
    // The reader dials: the sender has confirmed the link, and what it sends with that does not arrive.
    let address = PeerAddress(uri: "memory://0", source: .configuration)
    _ = try pair.b.setPeer(pair.id(0), addresses: [address], now: pair.now)
    pair.b.want(pair.id(0), now: pair.now)
    try #require(pair.run(until: { pair.a.peers[pair.id(1)]?.links.isEmpty == false }))
    #expect(pair.b.peers[pair.id(0)]?.links.isEmpty == true)
    pair.cutLinks()
    pair.step()
    pair.refuses = true
    try #require(pair.run(until: { carriers[0].submitted == 2 }))
    // The first of the two comes with the carrier.
    let first = try #require(carriers[0].kept.min { $0.value.bytes.count < $1.value.bytes.count }).value
    pair.b.carriage.arrived(0, arrival: [7], envelope: first.bytes, now: pair.now)
    #expect(reader.bodies.count == 1)
    pair.refuses = false
    try #require(pair.run(120_000, until: { reader.bodies.count > 1 }))
    pair.run(5_000)
    #expect(reader.bodies.sorted { $0[0] < $1[0] } == [[1], [2]])
  }

  private func send(_ body: [UInt8], from pair: CorePair, _ sender: Sender) throws {
    let options = MessageOptions(lifetime: 86_400_000_000_000, token: UInt64(body[0]), mayBeHandedOver: true)
    try body.withUnsafeBytes { bytes in
      Result { () throws(NodeError) in
        try pair.a.send(
          bytes, to: pair.id(1), protocol: "/letters/1", options: options, handler: sender, now: pair.now)
      }
    }.get()
  }
}
