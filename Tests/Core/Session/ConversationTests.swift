// SPDX-License-Identifier: Apache-2.0
import MeshCrypto
import MeshWire
import Testing

@testable import MeshSession

@Suite("Lives of a node, and their order") struct ConversationTests {
  /// A node that dials `b` on a link of its own, which only moves when asked to.
  final class Life {
    let node: Node
    let pair: Pair
    let link: UInt64

    init(_ pair: Pair, incarnation: UInt64, link: UInt64, kind: LinkCharacteristics = Pair.ordered) {
      self.pair = pair
      self.link = link
      node = Node(seed: 50 + link, identity: pair.a.identity, incarnation: incarnation)
      dial(link, kind)
    }

    func dial(_ link: UInt64, _ kind: LinkCharacteristics = Pair.ordered) {
      node.endpoint.linkUp(link, dialled: pair.b.id, characteristics: kind, binding: [], now: pair.now)
      pair.b.endpoint.linkUp(link, dialled: nil, characteristics: kind, binding: [], now: pair.now)
    }

    /// Carries what both have to say, but what `hold` keeps.
    func exchange(rounds: Int = 6, hold: ([UInt8]) -> Bool = { _ in false }) {
      for _ in 0..<rounds {
        for packet in node.takePackets(now: pair.now) where !hold(packet.bytes) {
          pair.b.receive(packet.bytes, on: packet.link, now: pair.now)
        }
        for packet in pair.b.takePackets(now: pair.now) { node.receive(packet.bytes, on: packet.link, now: pair.now) }
      }
    }
  }

  @Test("Numbers grow with every session and with every life")
  func order() {
    var last: UInt64 = 0
    for incarnation: UInt64 in [0, 1, 2, 1_700_000_000_000, 1_700_000_000_001, 1 << 43, .max] {
      var numbers = ConversationNumbers(incarnation: incarnation)
      if incarnation < 1 << 43 { #expect(numbers.next() > last || incarnation <= 1) }
      for _ in 0..<1000 {
        let next = numbers.next()
        #expect(next > last || incarnation <= 1 || incarnation > 1 << 43)
        #expect(next > 0 && next < ConversationNumbers.limit)
        last = max(last, next)
      }
    }
  }

  @Test(
    "Message 3 of a life that is over, delayed until after its restart, changes nothing",
    arguments: HandshakeTests.kinds)
  func delayedMessage3(kind: LinkCharacteristics) throws {
    let pair = Pair()
    let old = Life(pair, incarnation: 5, link: 2, kind: kind)
    var held: [UInt8] = []
    old.exchange { bytes in
      guard bytes[0] == 3 else { return false }
      held = bytes
      return true
    }
    #expect(!held.isEmpty)
    let new = Life(pair, incarnation: 6, link: 3)
    new.exchange()
    #expect(pair.b.confirmed == [3])
    new.node.send(3, to: pair.b)
    new.exchange()
    pair.b.receive(held, on: 2, now: pair.now)
    new.node.send(2, to: pair.b)
    new.exchange()
    #expect(pair.b.confirmed == [3])
    #expect(pair.b.restarted == 0)
    #expect(pair.b.endpoint.counters.staleHandshakes == 1)
    #expect(pair.b.frames(new.node).received == [0, 1, 2, 3, 4])
    #expect(pair.b.frames(new.node).restarts == 1)
    pair.run(2 * Pair.second)
    #expect(pair.b.failures.contains { $0.link == 2 && $0.error == .stale })
    #expect(pair.b.endpoint.link(3) != nil)
  }

  @Test("A node that lost its number while its clock went back learns what the peer knows, and gets through")
  func lostNumber() {
    let pair = Pair()
    let first = Life(pair, incarnation: 1000, link: 2)
    first.exchange()
    first.node.send(4, to: pair.b)
    first.exchange()
    let second = Life(pair, incarnation: 7, link: 3)
    second.exchange()
    #expect(second.node.failures.map(\.error) == [.stale])
    #expect(second.node.confirmed.isEmpty)
    second.dial(4)
    second.exchange()
    #expect(second.node.confirmed == [4])
    #expect(pair.b.restarted == 1)
    second.node.send(2, to: pair.b)
    second.exchange()
    #expect(pair.b.frames(second.node).received.suffix(2) == [0, 1])
  }

  @Test("A node that answers with a lost number learns the same from the dialler")
  func lostNumberAnswering() throws {
    let pair = Pair()
    pair.connect()
    pair.run(Pair.second)
    // B is restarted with a smaller number and its links are gone; A still knows the larger one.
    let again = Node(seed: 9, identity: pair.b.identity, incarnation: 0)
    let session = try #require(pair.a.session(pair.b))
    session.peerConversation = 1 << 50
    func meet(_ link: UInt64) {
      pair.a.endpoint.linkUp(link, dialled: pair.b.id, characteristics: Pair.ordered, binding: [], now: pair.now)
      again.endpoint.linkUp(link, dialled: nil, characteristics: Pair.ordered, binding: [], now: pair.now)
      for _ in 0..<6 {
        for packet in pair.a.takePackets(now: pair.now) where packet.link == link {
          again.receive(packet.bytes, on: link, now: pair.now)
        }
        for packet in again.takePackets(now: pair.now) { pair.a.receive(packet.bytes, on: link, now: pair.now) }
      }
    }
    meet(7)
    #expect(pair.a.confirmed == [1])
    #expect(again.failures.map(\.error) == [.stale])
    meet(8)
    #expect(pair.a.confirmed == [1, 8])
    #expect(session.peerConversation == 1 << 50 + 1)
    #expect(pair.a.restarted == 1)
  }

  @Test("What comes behind a lost number, in its packet or the next ones, is not taken for streams of the life known")
  func framesBehindLostNumber() throws {
    let pair = Pair()
    let again = Node(seed: 9, identity: pair.b.identity, incarnation: 1)
    pair.a.endpoint.linkUp(7, dialled: pair.b.id, characteristics: Pair.ordered, binding: [], now: pair.now)
    again.endpoint.linkUp(7, dialled: nil, characteristics: Pair.ordered, binding: [], now: pair.now)
    let session = try #require(pair.a.endpoint.session(with: pair.b.id, now: pair.now))
    session.peerConversation = 1 << 50
    var turns = 0
    while again.confirmed.isEmpty, turns < 9 {
      for packet in pair.a.takePackets(now: pair.now) { again.receive(packet.bytes, on: 7, now: pair.now) }
      guard again.confirmed.isEmpty else { break }
      for packet in again.takePackets(now: pair.now) { pair.a.receive(packet.bytes, on: 7, now: pair.now) }
      turns += 1
    }
    // The hello leaves with the first of these.
    again.send(40, to: pair.a)
    let packets = again.takePackets(now: pair.now)
    #expect(packets.count > 2)
    for packet in packets { pair.a.receive(packet.bytes, on: 7, now: pair.now) }
    #expect(pair.a.frames(pair.b).received.isEmpty)
    #expect(pair.a.failures.isEmpty)
    for packet in pair.a.takePackets(now: pair.now) { again.receive(packet.bytes, on: 7, now: pair.now) }
    #expect(again.failures.map(\.error) == [.stale])
    // Not compared as an optional: the address sanitizer finds fault with what the testing library makes of that.
    let conversation = try #require(again.session(pair.a)).conversation
    #expect(conversation == 1 << 50 + 1)
  }

  @Test("What a peer claims to know harms its own session only, whatever number it says")
  func hostileNumber() throws {
    for known: UInt64 in [0, 5, 1 << 62, (1 << 63) - 1, 1 << 63, .max] {
      let pair = DataTests.established(Pair.ordered)
      let other = Node(seed: 70)
      let elsewhere = try #require(pair.a.endpoint.session(with: other.id, now: pair.now))
      let before = elsewhere.conversation
      let link = try #require(pair.a.endpoint.link(1))
      let (session, association) = (try #require(link.session), try #require(link.current))
      let frame = [4, 3] + withUnsafeBytes(of: known.bigEndian) { Array($0) }
      try frame.withUnsafeBytes {
        _ = try session.receive($0, number: 100, lane: 0, on: link, association: association, now: pair.now)
      }
      #expect(pair.a.failures.map(\.error) == [.stale])
      #expect(session.conversation < ConversationNumbers.limit)
      #expect(elsewhere.conversation == before)
      pair.connect(2, Pair.ordered)
      pair.run(Pair.second)
      #expect(pair.a.confirmed == [1, 2])
    }
  }
}
