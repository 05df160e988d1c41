// SPDX-License-Identifier: Apache-2.0
import BundleConvergence
import BundleProtocol
import TestSupport
import Testing

@Suite struct TCPCLTransferTests {
  typealias Pair = SessionPair<TCPCLSession, TCPCLSession>

  @Test(arguments: 0..<40 as Range<UInt64>) func bundlesGoBothWaysInAnyPiecesAndSegments(_ seed: UInt64) throws {
    var random = SeededGenerator(seed)
    let size = Int.random(in: 1...400, using: &random)
    var pair = Pair.tcpcl(
      seed: seed, one: { $0.segmentSize = size },
      other: { $0.segmentLimit = UInt64.random(in: 50...900, using: &random) })
    pair.run()
    #expect(pair.events[0] == [.established(node: .dtn("//other/"))])
    #expect(pair.events[1] == [.established(node: .dtn("//one/"))])
    var sent: [[[UInt8]]] = [[], []]
    for _ in 0..<Int.random(in: 1...40, using: &random) {
      let bundle = random.bytes(.random(in: 1...3000, using: &random))
      let side = Int.random(in: 0...1, using: &random)
      let answer = side == 0 ? pair.one.send(bundle, now: 0) : pair.other.send(bundle, now: 0)
      #expect(answer == .begun(transfer: UInt64(sent[side].count)))
      sent[side].append(bundle)
    }
    pair.run { pair, index, event in
      guard case .arrived(let transfer, _) = event else { return }
      if index == 0 { pair.one.settle(transfer, .stored, now: 0) } else { pair.other.settle(transfer, .stored, now: 0) }
    }
    #expect(pair.arrived(1) == sent[0])
    #expect(pair.arrived(0) == sent[1])
    #expect(pair.accepted(0) == sent[0].indices.map { UInt64($0) })
    #expect(pair.accepted(1) == sent[1].indices.map { UInt64($0) })
  }

  @Test func theSenderHearsNothingOfTheEndBeforeTheBundleIsStored() {
    var pair = Pair.tcpcl(seed: 1)
    pair.run()
    for size in [10, 20, 30] { _ = pair.one.send([UInt8](repeating: 1, count: size), now: 0) }
    pair.run()
    #expect(pair.arrived(1).count == 3)
    #expect(pair.accepted(0).isEmpty)
    // Answers keep the order of what arrived: the second waits for the first.
    pair.other.settle(1, .stored, now: 0)
    pair.run()
    #expect(pair.accepted(0).isEmpty)
    pair.other.settle(0, .refused(.noResources), now: 0)
    pair.run()
    #expect(pair.events[0].suffix(2) == [.refused(transfer: 0, .noResources), .accepted(transfer: 1)])
    pair.other.settle(2, .stored, now: 0)
    pair.other.settle(2, .stored, now: 0)
    pair.run()
    #expect(pair.accepted(0) == [1, 2])
  }

  @Test func aReceiverThatHasTooMuchMakesThePeerWaitAndLosesNothing() {
    var pair = Pair.tcpcl(seed: 2, one: { $0.window = 1000 }, other: { $0.unsettled = 5 })
    pair.run()
    let bundles = (0..<100).map { [UInt8](repeating: UInt8($0), count: 5000) }
    for bundle in bundles { _ = pair.one.send(bundle, now: 0) }
    pair.run()
    #expect(pair.arrived(1).count == 5)
    #expect(!pair.other.wantsInput)
    // Waiting is not silence.
    pair.other.tick(now: 1_000_000)
    #expect(pair.end(1) == nil)
    for transfer in 0..<100 as Range<UInt64> {
      pair.other.settle(transfer, .stored, now: 1_000_000)
      pair.run()
    }
    #expect(pair.arrived(1) == bundles)
    #expect(pair.accepted(0).count == 100)
  }

  @Test func aSenderHasOnlySoManyOnTheirWayAndNoneThatIsTooLarge() {
    var pair = Pair.tcpcl(seed: 3, one: { $0.window = 2 }, other: { $0.transferLimit = 100 })
    #expect(pair.one.send([1], now: 0) == .unavailable)
    pair.run()
    #expect(pair.one.send([UInt8](repeating: 0, count: 101), now: 0) == .tooLarge(limit: 100))
    #expect(pair.one.send([1], now: 0) == .begun(transfer: 0))
    #expect(pair.one.send([2], now: 0) == .begun(transfer: 1))
    #expect(pair.one.send([3], now: 0) == .busy)
    pair.run { pair, index, event in
      if index == 1, case .arrived(let transfer, _) = event { pair.other.settle(transfer, .stored, now: 0) }
    }
    #expect(pair.one.send([3], now: 0) == .begun(transfer: 2))
  }

  @Test func aRefusedTransferEndsEarlyAndTheNextOneArrives() {
    // By hand: three segments of a transfer with a critical item that nobody knows.
    let session = TCPCLSession(Pair.settings("me"), isActive: false, now: 0)
    _ = session.feed(TCPCLBytes.contact + TCPCLBytes.initiation(node: "dtn://peer/"))
    _ = session.drain()
    let odd = TCPCLBytes.segment(flags: 2, 7, extensions: [1, 0x12, 0x34, 0, 1, 9], [1, 2, 3])
    #expect(session.feed(odd).isEmpty)
    #expect(session.drain() == [3, 5] + TCPCLBytes.number(7))
    #expect(session.feed(TCPCLBytes.segment(flags: 0, 7, [4])).isEmpty)
    #expect(session.feed(TCPCLBytes.segment(flags: 1, 7, [5])).isEmpty)
    #expect(session.feed(TCPCLBytes.segment(flags: 3, 8, [6])) == [.arrived(transfer: 8, bundle: [6])])
    session.settle(8, .stored, now: 0)
    #expect(session.drain() == [2, 3] + TCPCLBytes.number(8) + TCPCLBytes.number(1))
  }

  @Test func aTransferThatIsNotAsLongAsItSaidIsRefused() {
    let session = TCPCLSession(Pair.settings("me"), isActive: false, now: 0)
    _ = session.feed(TCPCLBytes.contact + TCPCLBytes.initiation(node: "dtn://peer/"))
    _ = session.drain()
    let length = [0, 0, 1, 0, 8] + TCPCLBytes.number(5)
    let acknowledged = [2, 2] + TCPCLBytes.number(1) + TCPCLBytes.number(2)
    let refusal = [3, 4] + TCPCLBytes.number(1)
    _ = session.feed(TCPCLBytes.segment(flags: 2, 1, extensions: length, [1, 2]))
    #expect(session.feed(TCPCLBytes.segment(flags: 1, 1, [3, 4])).isEmpty)
    #expect(session.drain() == acknowledged + refusal)
    _ = session.feed(TCPCLBytes.segment(flags: 2, 1, extensions: length, [1, 2]))
    #expect(session.feed(TCPCLBytes.segment(flags: 1, 1, [3, 4, 5, 6])).isEmpty)
    #expect(session.drain() == acknowledged + refusal)
    _ = session.feed(TCPCLBytes.segment(flags: 2, 1, extensions: length, [1, 2]))
    #expect(
      session.feed(TCPCLBytes.segment(flags: 1, 1, [3, 4, 5])) == [.arrived(transfer: 1, bundle: [1, 2, 3, 4, 5])])
  }

  @Test func anAcknowledgmentWithoutTheFlagsOfItsSegmentCountsByItsLength() {
    let session = TCPCLSession(Pair.settings("me"), isActive: true, now: 0)
    _ = session.feed(TCPCLBytes.contact + TCPCLBytes.initiation(node: "dtn://peer/"))
    #expect(session.send([1, 2, 3], now: 0) == .begun(transfer: 0))
    _ = session.drain()
    #expect(session.feed([2, 0] + TCPCLBytes.number(0) + TCPCLBytes.number(3)) == [.accepted(transfer: 0)])
  }
}
