// SPDX-License-Identifier: Apache-2.0
import MeshMultiplexer
import MeshNode
import MeshSession
import MeshTransportManager
import MeshWire
import Testing

/// Copies of messages that a session had begun, and whose link died before both ends knew of it.
@Suite struct PlaceTests {
  @Test func `A copy that is read before the reader's first link is confirmed is the only one that is read`() throws {
    let pair = CorePair(knowsAddress: false)
    let carriers = [ScriptedCarrier(), ScriptedCarrier()]
    pair.a.carriage.driver = carriers[0]
    pair.b.carriage.driver = carriers[1]
    defer {
      pair.a.carriage.driver = nil
      pair.b.carriage.driver = nil
    }
    let sender = LetterSender()
    sender.carriage = pair.a.carriage
    let reader = LetterReader()
    try pair.b.serve("/letters/1", with: reader)
    for body: [UInt8] in [[1], [2]] {
      try pair.sendLetter(body, from: sender)
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
}
