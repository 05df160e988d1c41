// SPDX-License-Identifier: Apache-2.0
import MeshCrypto
import MeshWire
import Testing

@testable import MeshSession

@Suite("Cookies of a node under load") struct CookieTests {
  static var underLoad: SessionOptions {
    var options = SessionOptions()
    options.cookieThreshold = 0
    return options
  }

  /// The first message of `dialler`, and what `b` answers to it.
  static func ask(_ pair: Pair, _ dialler: Node, link: UInt64, source: UInt64) -> (message: [UInt8], answer: [UInt8]) {
    dialler.endpoint.linkUp(link, dialled: pair.b.id, characteristics: Pair.datagram, binding: [], now: pair.now)
    pair.b.endpoint.linkUp(
      link, dialled: nil, characteristics: Pair.datagram, binding: [], source: source, now: pair.now)
    let message = dialler.takePackets(now: pair.now).first?.bytes ?? []
    pair.b.receive(message, on: link, now: pair.now)
    return (message, pair.b.takePackets(now: pair.now).first { $0.link == link }?.bytes ?? [])
  }

  @Test("Only the answer to this very first message is taken, and no changed byte of it")
  func authentic() {
    let pair = Pair(options: Self.underLoad)
    let (message, answer) = Self.ask(pair, pair.a, link: 1, source: 1)
    let other = Self.ask(pair, Node(seed: 8), link: 2, source: 1).answer
    #expect(answer.count == NetworkKeys.cookiePacketLength && answer.count < message.count)
    // Whoever did not see the message cannot answer it: here with the name, but with the answer to another message.
    pair.a.receive(other, on: 1, now: pair.now)
    pair.a.receive([6] + [UInt8](repeating: 0, count: 16), on: 1, now: pair.now)
    for place in 1..<answer.count {
      var changed = answer
      changed[place] ^= 1
      pair.a.receive(changed, on: 1, now: pair.now)
    }
    for length in 1..<answer.count { pair.a.receive(Array(answer.prefix(length)), on: 1, now: pair.now) }
    #expect(pair.a.takePackets(now: pair.now).isEmpty)
    pair.a.receive(answer, on: 1, now: pair.now)
    let again = pair.a.takePackets(now: pair.now).map(\.bytes)
    #expect(again.count == 1)
    #expect(again.first?.dropLast(16) == message.dropLast(16))
    #expect(again.first != message)
    // A repetition of the answer leads to no further message.
    for _ in 0..<10 { pair.a.receive(answer, on: 1, now: pair.now) }
    #expect(pair.a.takePackets(now: pair.now).isEmpty)
  }

  @Test("A cookie is good for its source only, and not for long")
  func bound() {
    let pair = Pair(options: Self.underLoad)
    let (_, answer) = Self.ask(pair, pair.a, link: 1, source: 1)
    pair.a.receive(answer, on: 1, now: pair.now)
    let message = pair.a.takePackets(now: pair.now)[0].bytes
    pair.b.endpoint.linkUp(
      2, dialled: nil, characteristics: Pair.datagram, binding: [], source: 2, now: pair.now)
    pair.b.receive(message, on: 2, now: pair.now)
    #expect(pair.b.takePackets(now: pair.now).map { $0.bytes[0] } == [6])
    pair.b.receive(message, on: 1, now: pair.now)
    #expect(pair.b.takePackets(now: pair.now).map { $0.bytes[0] } == [2])
    let later = pair.now + 500 * Pair.second
    pair.b.endpoint.linkUp(3, dialled: nil, characteristics: Pair.datagram, binding: [], source: 1, now: later)
    pair.b.receive(message, on: 3, now: later)
    #expect(pair.b.takePackets(now: later).map { $0.bytes[0] } == [6])
  }

  @Test("One source cannot take the places of the others, however many links it opens")
  func share() {
    var options = SessionOptions()
    options.halfOpenPerSource = 8
    options.halfOpenLimit = 32
    let node = Node(seed: 1, options: options)
    var link: UInt64 = 0
    func open(_ source: UInt64) -> Bool {
      link += 1
      node.endpoint.linkUp(
        link, dialled: nil, characteristics: Pair.datagram, binding: [], source: source, now: 0)
      return node.endpoint.link(link) != nil
    }
    #expect((0..<1000).filter { _ in open(1) }.count == 8)
    for source: UInt64 in 2...4 { #expect((0..<8).allSatisfy { _ in open(source) }) }
    #expect(!open(5))
    // A place that is given back belongs to its source's share again.
    node.endpoint.linkDown(1, now: 0)
    #expect(open(1) && !open(1))
    #expect(node.endpoint.halfOpen == 32)
    #expect(node.endpoint.halfOpenBySource == [1: 8, 2: 8, 3: 8, 4: 8])
  }
}
