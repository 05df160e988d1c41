// SPDX-License-Identifier: Apache-2.0
import MeshCrypto
import MeshWire
import Testing

@testable import MeshSession

@Suite struct DataTests {
  /// A pair whose link 1 is confirmed.
  static func established(_ kind: LinkCharacteristics, _ options: SessionOptions = SessionOptions()) -> Pair {
    let pair = Pair(options: options)
    pair.connect(1, kind)
    pair.run(Pair.second)
    return pair
  }

  @Test("With loss and duplicates every frame arrives, and no packet is taken twice", arguments: 0..<4 as Range<UInt64>)
  func lossy(seed: UInt64) {
    let pair = Self.established(Pair.datagram)
    var random = Seeded(seed)
    pair.filter = { _, _, bytes in UInt8.random(in: 0..<10, using: &random) < 2 ? nil : bytes }
    pair.a.send(500, to: pair.b)
    pair.b.send(500, to: pair.a)
    pair.run(60 * Pair.second)
    #expect(Set(pair.b.frames(pair.a).received).count == 500)
    #expect(Set(pair.a.frames(pair.b).received).count == 500)
    #expect((pair.a.endpoint.link(1)?.counters.packetsLost ?? 0) > 0)
  }

  @Test("A packet that comes twice is refused, and on an ordered link that is the end of it")
  func duplicates() {
    for kind in HandshakeTests.kinds {
      let pair = Self.established(kind)
      pair.a.send(1, to: pair.b)
      let packets = pair.a.takePackets(now: pair.now).filter { $0.bytes[0] & 0x3f == 4 }
      for packet in packets + packets { pair.b.receive(packet.bytes, on: 1, now: pair.now) }
      #expect(pair.b.frames(pair.a).received == [0])
      #expect(pair.b.failures.isEmpty == !kind.isStreamLike)
    }
  }

  @Test("A gap on an ordered lane ends the link")
  func gap() {
    let pair = Self.established(Pair.ordered)
    pair.a.frames(pair.b).size = 1000
    pair.a.send(3, to: pair.b)
    pair.wakeSessions()
    let packets = pair.a.takePackets(now: pair.now)
    #expect(packets.count == 3)
    for packet in packets.dropFirst() { pair.b.receive(packet.bytes, on: 1, now: pair.now) }
    #expect(pair.b.failures.map(\.link) == [1])
  }

  @Test("Numbers of a lane are never used twice under the same keys", arguments: HandshakeTests.kinds)
  func numbers(kind: LinkCharacteristics) {
    var options = SessionOptions()
    options.rekeyPackets = 20
    let pair = Pair(options: options)
    var seen: Set<[UInt8]> = []
    var repeated = 0
    pair.filter = { fromA, _, bytes in
      // Receiver index (with its lane) and number name a nonce: keys change with the index, numbers never start over.
      if bytes[0] & 0x3f == 4, !seen.insert([fromA ? 1 : 0] + bytes[1..<13]).inserted { repeated += 1 }
      return bytes
    }
    pair.connect(1, kind)
    pair.run(Pair.second)
    pair.a.send(300, to: pair.b)
    pair.b.send(300, to: pair.a)
    pair.run(10 * Pair.second)
    #expect(repeated == 0)
    #expect(seen.count > 600)
  }

  @Test("Keys change under load in both directions and lose nothing", arguments: HandshakeTests.kinds)
  func rekey(kind: LinkCharacteristics) {
    var options = SessionOptions()
    options.rekeyPackets = 16
    let pair = Self.established(kind, options)
    for _ in 0..<30 {
      pair.a.send(20, to: pair.b)
      pair.b.send(20, to: pair.a)
      pair.run(200 * Pair.millisecond)
    }
    #expect(pair.b.frames(pair.a).received.count >= 600)
    #expect(Set(pair.b.frames(pair.a).received).count == 600)
    #expect(Set(pair.a.frames(pair.b).received).count == 600)
    #expect((pair.a.endpoint.link(1)?.rekeys ?? 0) > 20)
    #expect(pair.a.failures.isEmpty && pair.b.failures.isEmpty)
  }

  @Test("A fresh handshake takes place after its time and loses nothing", arguments: HandshakeTests.kinds)
  func freshHandshake(kind: LinkCharacteristics) {
    var options = SessionOptions()
    options.rehandshakeAfter = 2 * Pair.second
    let pair = Self.established(kind, options)
    for _ in 0..<100 {
      pair.a.send(5, to: pair.b)
      pair.b.send(5, to: pair.a)
      pair.run(100 * Pair.millisecond)
    }
    #expect(Set(pair.b.frames(pair.a).received).count == 500)
    #expect(Set(pair.a.frames(pair.b).received).count == 500)
    #expect(pair.a.endpoint.counters.handshakesCompleted >= 4)
    #expect(pair.a.failures.isEmpty && pair.b.failures.isEmpty)
    #expect(pair.a.frames(pair.b).restarts == 1)
  }

  @Test("Of a silent link the frames leave on another one, and it is closed after its time")
  func suspicion() {
    let pair = Self.established(Pair.ordered)
    pair.connect(2, Pair.ordered)
    pair.run(Pair.second)
    pair.wakeSessions()
    var silent = true
    pair.filter = { _, link, bytes in silent && link == 2 ? nil : bytes }
    pair.a.send(10, to: pair.b)
    pair.run(Pair.second)
    #expect(pair.a.suspected == [2])
    #expect(Set(pair.b.frames(pair.a).received).count == 10)
    pair.run(16 * Pair.second)
    #expect(pair.a.failures.map(\.link) == [2])
    #expect(pair.a.failures.first?.error == .timedOut)
    silent = false
  }

  @Test("A link under suspicion that answers again recovers")
  func recovery() {
    let pair = Self.established(Pair.datagram)
    pair.filter = { _, _, _ in nil }
    pair.a.send(3, to: pair.b)
    pair.run(2 * Pair.second)
    #expect(pair.a.suspected == [1])
    pair.filter = { $2 }
    pair.run(5 * Pair.second)
    #expect(pair.a.recovered == [1])
    #expect(Set(pair.b.frames(pair.a).received) == [0, 1, 2])
  }

  @Test("A link that goes down hands what it owed to the other")
  func migration() {
    let pair = Self.established(Pair.ordered)
    pair.connect(2, Pair.datagram)
    pair.run(Pair.second)
    pair.delay = 100 * Pair.millisecond
    pair.a.send(50, to: pair.b)
    pair.run(50 * Pair.millisecond)
    pair.cut(2)
    pair.run(2 * Pair.second)
    #expect(Set(pair.b.frames(pair.a).received).count == 50)
    #expect((pair.a.session(pair.b)?.requeuedFrames ?? 0) > 0)
  }

  @Test("A link that is drained closes only when all it carried is acknowledged")
  func drain() {
    let pair = Self.established(Pair.ordered)
    pair.a.send(20, to: pair.b)
    _ = pair.a.frames(pair.b)
    pair.run(Pair.millisecond)
    pair.a.endpoint.drain(1, now: pair.now)
    #expect(pair.b.failures.isEmpty)
    pair.run(Pair.second)
    #expect(pair.a.frames(pair.b).acknowledgedFrames.count == 20)
    #expect(pair.b.failures.map(\.error) == [.closedByPeer])
  }

  @Test("A peer that was restarted begins a new conversation and the layer above starts over")
  func restart() {
    let pair = Self.established(Pair.ordered)
    let again = Node(seed: 50, identity: pair.a.identity, incarnation: 2)
    again.endpoint.linkUp(2, dialled: pair.b.id, characteristics: Pair.ordered, binding: [], now: pair.now)
    pair.b.endpoint.linkUp(2, dialled: nil, characteristics: Pair.ordered, binding: [], now: pair.now)
    for _ in 0..<4 {
      for packet in again.takePackets(now: pair.now) { pair.b.receive(packet.bytes, on: packet.link, now: pair.now) }
      for packet in pair.b.takePackets(now: pair.now) where packet.link == 2 {
        again.receive(packet.bytes, on: 2, now: pair.now)
      }
    }
    #expect(again.confirmed == [2])
    #expect(pair.b.restarted == 1)
    #expect(pair.b.frames(pair.a).restarts == 2)
    #expect(pair.b.failures.map(\.link) == [1])
    #expect(pair.b.failures.map(\.error) == [.peerRestarted])
  }

  @Test("A session that ends says goodbye on its links")
  func goodbye() throws {
    let pair = Self.established(Pair.ordered)
    pair.a.endpoint.end(try #require(pair.a.session(pair.b)), code: CloseCode.done, now: pair.now)
    pair.run(Pair.second)
    #expect(pair.a.ended == 1)
    #expect(pair.b.failures.map(\.error) == [.closedByPeer])
  }

  @Test("The answer that an index is unknown only begins a handshake, at most one a second, and closes nothing")
  func unknown() throws {
    let pair = Self.established(Pair.datagram)
    pair.run(2 * Pair.second)
    let index = try #require(pair.a.endpoint.link(1)?.current?.peerReceiverBase)
    let answer = [5] + withUnsafeBytes(of: index.bigEndian) { Array($0) }
    let wrong = [5] + withUnsafeBytes(of: (index &+ 8).bigEndian) { Array($0) }
    let before = pair.a.endpoint.counters.handshakesStarted
    for _ in 0..<100 { pair.a.receive(wrong, on: 1, now: pair.now) }
    #expect(pair.a.endpoint.counters.handshakesStarted == before)
    for _ in 0..<100 { pair.a.receive(answer, on: 1, now: pair.now) }
    #expect(pair.a.endpoint.counters.handshakesStarted == before + 1)
    pair.run(3 * Pair.second)
    #expect(pair.a.failures.isEmpty && pair.b.failures.isEmpty)
    pair.a.send(3, to: pair.b)
    pair.run(Pair.second)
    #expect(pair.b.frames(pair.a).received.count == 3)
  }

  @Test("A packet for unknown keys is answered once a second")
  func unknownAnswers() {
    let pair = Self.established(Pair.datagram)
    let packet: [UInt8] = [4] + [UInt8](repeating: 0xff, count: 60)
    for _ in 0..<100 { pair.b.receive(packet, on: 1, now: pair.now) }
    #expect(pair.b.takePackets(now: pair.now).filter { $0.bytes[0] == 5 }.count == 1)
  }

  @Test("A clock that jumps by ten days traps nowhere and costs no frame", arguments: HandshakeTests.kinds)
  func clockJump(kind: LinkCharacteristics) {
    var wide = kind
    wide.mtu = 65_000
    let pair = Self.established(wide)
    pair.a.send(30, to: pair.b)
    pair.run(5 * Pair.millisecond)
    pair.now += 10 * 24 * 3600 * Pair.second
    pair.run(5 * Pair.second)
    pair.a.send(30, to: pair.b)
    pair.run(5 * Pair.second)
    #expect(pair.a.endpoint.nextDeadline > pair.now - Pair.second)
  }

  @Test("Timers of a session that is often rescheduled do not pile up")
  func timers() throws {
    let pair = Self.established(Pair.ordered)
    let session = try #require(pair.a.session(pair.b))
    for _ in 0..<2000 {
      pair.a.frames(pair.b).nextDeadline = pair.now + 5 * Pair.millisecond
      pair.a.endpoint.reschedule(session)
      pair.run(10 * Pair.millisecond)
    }
    #expect(pair.a.endpoint.sessionTimers.count < 50)
    #expect(pair.a.endpoint.timers.count < 50)
  }

  @Test("Malformed acknowledgements, or those of packets never sent, end the link")
  func acknowledgements() throws {
    let bad: [[UInt8]] = [
      [2, 0, 0x7f, 0xff, 0, 0, 0], [2, 1, 0, 0, 0, 0], [2, 0, 0, 0, 0, 1], [2, 0, 1, 0, 1, 0, 5, 0],
      [2, 0, 0, 0, 63, 0],
      [2, 0, 0], [2], [4], [3, 0, 0], [0x0f],
    ]
    for frame in bad {
      let pair = Self.established(Pair.datagram)
      let link = try #require(pair.a.endpoint.link(1))
      let (session, association) = (try #require(link.session), try #require(link.current))
      #expect(throws: SessionError.self, "\(frame)") {
        try frame.withUnsafeBytes {
          _ = try session.receive($0, number: 100, lane: 0, on: link, association: association, now: pair.now)
        }
      }
    }
  }

  @Test("An acknowledgement with a gap on an ordered lane ends the link")
  func gapOnOrderedLane() throws {
    let pair = Self.established(Pair.ordered)
    pair.filter = { _, _, _ in nil }
    pair.a.send(40, to: pair.b)
    pair.run(Pair.millisecond)
    let link = try #require(pair.a.endpoint.link(1))
    let (session, association) = (try #require(link.session), try #require(link.current))
    let last = UInt8(association.lanes[0].sent.next - 1)
    #expect(throws: SessionError.self) {
      try [2, 0, last, 0, 0, 0].withUnsafeBytes {
        _ = try session.receive($0, number: 100, lane: 0, on: link, association: association, now: pair.now)
      }
    }
  }

  @Test("Gaps on all lanes of a link write no acknowledgement beyond the packet")
  func acknowledgementRoom() throws {
    let pair = Self.established(LinkCharacteristics(reliable: false, ordered: false, mtu: 1200, lanes: 8))
    let link = try #require(pair.b.endpoint.link(1))
    let association = try #require(link.current)
    for lane in 0..<8 {
      for number in 1..<60 {
        association.lanes[lane].noteArrival(
          number: UInt64(number) * 70, eliciting: true, options: pair.b.endpoint.options, now: pair.now)
      }
    }
    pair.b.endpoint.wantsToSend(on: link)
    let packets = pair.b.takePackets(now: pair.now)
    #expect(packets.count > 1)
    #expect(packets.allSatisfy { $0.bytes.count <= 1200 })
  }
}

extension Pair {
  /// Tells both sessions that there may be something to send.
  func wakeSessions() {
    a.session(b)?.wantsToSend()
    b.session(a)?.wantsToSend()
  }
}
