// SPDX-License-Identifier: Apache-2.0
import BundleConvergence
import BundleProtocol
import TestSupport
import Testing

@Suite struct TCPCLSessionTests {
  typealias Pair = SessionPair<TCPCLSession, TCPCLSession>

  static func session(isActive: Bool = false, _ change: (inout TCPCLSettings) -> Void = { _ in }) -> TCPCLSession {
    TCPCLSession(Pair.settings("me", change), isActive: isActive, now: 0)
  }

  @Test func theFirstBytesAreThoseOfTheStandard() {
    let session = Self.session(isActive: true) { $0.keepAlive = 258 }
    #expect(session.drain() == TCPCLBytes.contact)
    #expect(session.feed(TCPCLBytes.contact).isEmpty)
    let initiation = TCPCLBytes.initiation(
      keepAlive: 258, segmentLimit: 1 << 20, transferLimit: 256 << 20, node: "dtn://me/")
    #expect(session.drain() == initiation)
    #expect(session.feed(TCPCLBytes.initiation(node: "ipn:4.0")) == [.established(node: try! EndpointID("ipn:4.0"))])
    #expect(session.send([0xaa, 0xbb], now: 0) == .begun(transfer: 0))
    #expect(session.drain() == TCPCLBytes.segment(flags: 3, 0, [0xaa, 0xbb]))
  }

  @Test func thePassiveSideSaysNothingFirst() {
    let session = Self.session()
    #expect(session.drain().isEmpty)
    _ = session.feed(TCPCLBytes.contact)
    #expect(session.drain() == TCPCLBytes.contact)
    _ = session.feed(TCPCLBytes.initiation(node: "dtn://peer/"))
    #expect(session.drain().first == 7)
  }

  @Test func withTLSOnBothSidesWhatFollowsBelongsToIt() {
    let session = Self.session { $0.tls = .optional }
    #expect(session.feed(TCPCLBytes.contactWithTLS + [22, 3, 1]) == [.startTLS])
    #expect(session.drain() == TCPCLBytes.contactWithTLS)
    #expect(session.takeInput() == [22, 3, 1])
    // Nothing that came before counts inside.
    session.startedTLS(nodes: [], now: 0)
    #expect(session.feed(TCPCLBytes.initiation(node: "dtn://peer/")) == [.established(node: .dtn("//peer/"))])
  }

  @Test func aPeerWithoutTLSIsTurnedAwayWhereItIsRequired() {
    let session = Self.session { $0.tls = .required }
    #expect(session.feed(TCPCLBytes.contact) == [.ended(.terminated(.contactFailure))])
    #expect(session.drain() == TCPCLBytes.contactWithTLS + [5, 0, 4])
  }

  @Test func aNodeThatItsCertificateDoesNotNameIsTurnedAway() {
    for (names, isTaken) in [
      (["dtn://peer/"], true), (["dtn://else/", "dtn://peer/x"], true), (["dtn://else/"], false),
    ] {
      let session = Self.session {
        $0.tls = .required
        $0.checksNode = true
      }
      _ = session.feed(TCPCLBytes.contactWithTLS)
      session.startedTLS(nodes: names.map { try! EndpointID($0) }, now: 0)
      let events = session.feed(TCPCLBytes.initiation(node: "dtn://peer/"))
      #expect(events == [isTaken ? .established(node: .dtn("//peer/")) : .ended(.terminated(.contactFailure))])
    }
  }

  @Test func otherProtocolsAndVersionsAreNotSpokenWith() {
    #expect(Self.session().feed(Array("GET".utf8)) == [.ended(.violated(.notTheProtocol))])
    let session = Self.session()
    #expect(session.feed([0x64, 0x74, 0x6e, 0x21, 3]) == [.ended(.violated(.version(3)))])
    #expect(session.drain() == TCPCLBytes.contact + [5, 0, 2])
  }

  @Test func aNameThatIsNoneOrTooLongIsAContactFailure() {
    for node in ["http://x/", "dtn:none", "dtn://peer"] {
      let session = Self.session()
      #expect(
        session.feed(TCPCLBytes.contact + TCPCLBytes.initiation(node: node)) == [.ended(.terminated(.contactFailure))])
    }
    let long = Self.session()
    let events = long.feed(TCPCLBytes.contact + TCPCLBytes.initiation(node: String(repeating: "x", count: 2000)))
    guard case .ended(.violated(.excessive)) = events.last else {
      Issue.record("\(events)")
      return
    }
  }

  @Test func signsOfLifeGoOutAndAreMissed() {
    let session = Self.session { $0.keepAlive = 10 }
    _ = session.feed(TCPCLBytes.contact + TCPCLBytes.initiation(keepAlive: 4, node: "dtn://peer/"), now: 1000)
    _ = session.drain(now: 1000)
    #expect(session.nextDeadline == 5000)
    session.tick(now: 5000)
    #expect(session.drain(now: 5000) == [4])
    #expect(session.feed([4], now: 8000).isEmpty)
    session.tick(now: 9000)
    #expect(session.drain(now: 9000) == [4])
    session.tick(now: 15_999)
    #expect(session.nextEvent(now: 15_999) == nil)
    _ = session.drain(now: 15_999)
    session.tick(now: 16_000)
    #expect(session.nextEvent(now: 16_000) == .ended(.terminated(.idleTimeout)))
    #expect(session.drain() == [5, 0, 1])
  }

  @Test func aSessionThatIsNotEstablishedInTimeEnds() {
    let session = Self.session(isActive: true)
    _ = session.drain()
    let deadline = session.nextDeadline ?? 0
    session.tick(now: deadline)
    #expect(session.nextEvent(now: deadline) == .ended(.terminated(.contactFailure)))
  }

  @Test func anIdleSessionEndsInOrder() {
    var pair = Pair.tcpcl(seed: 5, one: { $0.idleTime = 60_000 })
    pair.run()
    pair.one.tick(now: 59_999)
    pair.run()
    #expect(pair.end(0) == nil)
    pair.now = 60_000
    pair.other.tick(now: 30_000)
    pair.run()
    pair.one.tick(now: 60_000)
    pair.run()
    #expect(pair.end(0) == .terminated(.idleTimeout))
    #expect(pair.end(1) == .terminated(.idleTimeout))
  }

  @Test(arguments: 0..<30 as Range<UInt64>) func endingLetsFinishWhatHasBegunAndGivesBackTheRest(_ seed: UInt64) {
    var random = SeededGenerator(seed)
    var pair = Pair.tcpcl(seed: seed, one: { $0.segmentSize = 3000 })
    pair.largestPiece = 100_000
    pair.run()
    let bundles = (0..<30).map { _ in random.bytes(.random(in: 1...30_000, using: &random)) }
    for bundle in bundles { _ = pair.one.send(bundle, now: 0) }
    // So that some have begun: the output holds only so much.
    _ = pair.one.withOutput { $0.count }
    if Bool.random(using: &random) { pair.one.close(.busy, now: 0) } else { pair.other.close(.busy, now: 0) }
    pair.run { pair, index, event in
      if index == 1, case .arrived(let transfer, _) = event { pair.other.settle(transfer, .stored, now: 0) }
    }
    #expect(pair.end(0) == .terminated(.busy))
    #expect(pair.end(1) == .terminated(.busy))
    let back = pair.events[0].compactMap { event -> UInt64? in
      if case .refused(let transfer, .sessionTerminating) = event { transfer } else { nil }
    }
    #expect((pair.accepted(0) + back).sorted() == bundles.indices.map { UInt64($0) })
    #expect(pair.arrived(1) == pair.accepted(0).sorted().map { bundles[Int($0)] })
  }

  @Test func aPeerThatDoesNotAnswerTheEndIsLeft() {
    let session = Self.session()
    _ = session.feed(TCPCLBytes.contact + TCPCLBytes.initiation(node: "dtn://peer/"))
    session.close(.resourceExhaustion, now: 5)
    #expect(session.drain().suffix(3) == [5, 0, 5])
    session.tick(now: 10_005)
    #expect(session.nextEvent(now: 0) == .ended(.terminated(.resourceExhaustion)))
  }
}
