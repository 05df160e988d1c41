// SPDX-License-Identifier: Apache-2.0
import BundleConvergence
import BundleProtocol
import TestSupport
import Testing

@Suite struct FramedSessionTests {
  @Test(arguments: [BundleFraming.mtcp, .stcp], 0..<20 as Range<UInt64>)
  func bundlesOfAnySizeArriveInAnyPieces(_ framing: BundleFraming, _ seed: UInt64) {
    var random = SeededGenerator(seed)
    var pair = SessionPair(FramedSession(framing, now: 0), FramedSession(framing, now: 0), seed: seed)
    pair.largestPiece = 50_000
    let sizes = [1, 23, 24, 255, 256, 65_535, 65_536, Int.random(in: 1...5000, using: &random)].shuffled(using: &random)
    let bundles = sizes.map { random.bytes($0) }
    for bundle in bundles { _ = pair.one.send(bundle, now: 0) }
    pair.run()
    #expect(pair.arrived(1) == bundles)
    #expect(pair.events[0].filter { if case .written = $0 { true } else { false } }.count == bundles.count)
  }

  @Test func theFramesAreThoseOfTheDrafts() {
    let mtcp = FramedSession(.mtcp, now: 0)
    _ = mtcp.send([9, 8], now: 0)
    _ = mtcp.send([UInt8](repeating: 7, count: 300), now: 0)
    #expect(mtcp.drain() == [0x42, 9, 8, 0x59, 1, 44] + [UInt8](repeating: 7, count: 300))
    let stcp = FramedSession(.stcp, now: 0)
    _ = stcp.send([9, 8], now: 0)
    #expect(stcp.drain() == [0, 0, 0, 2, 9, 8])
    stcp.tick(now: 15_000)
    #expect(stcp.drain() == [0, 0, 0, 0])
    #expect(stcp.feed([0, 0, 0, 0, 0, 0, 0, 1, 5]).last == .arrived(transfer: 0, bundle: [5]))
  }

  @Test func whatIsNoFrameOrTooLongEndsTheSession() {
    for (framing, bytes) in [
      (BundleFraming.mtcp, [0x01] as [UInt8]), (.mtcp, [0x5f]), (.mtcp, [0x40]),
      (.mtcp, [0x5b, 0x7f, 0, 0, 0, 0, 0, 0, 0]),
      (.stcp, [0xff, 0xff, 0xff, 0xff]),
    ] {
      let session = FramedSession(framing, now: 0)
      guard case .ended(.violated)? = session.feed(bytes).last else {
        Issue.record("\(framing) took \(bytes)")
        continue
      }
    }
  }

  @Test func aReceiverThatHasTooMuchReadsNothing() {
    var settings = FramedSession.Settings()
    settings.unsettled = 2
    let session = FramedSession(.mtcp, settings, now: 0)
    #expect(session.feed([0x41, 1, 0x41, 2, 0x41, 3]).count == 3)
    #expect(!session.wantsInput)
    session.settle(0, .stored, now: 0)
    #expect(session.wantsInput)
    #expect(session.nextEvent(now: 0) == .arrived(transfer: 2, bundle: [3]))
  }

  @Test func aBundleThatStopsHalfwayEndsTheSession() {
    let session = FramedSession(.stcp, now: 0)
    _ = session.feed([0, 0, 0, 9, 1], now: 100)
    session.tick(now: 60_099)
    #expect(session.nextEvent(now: 60_099) == nil)
    session.tick(now: 60_100)
    #expect(session.nextEvent(now: 60_100) == .ended(.terminated(.idleTimeout)))
  }

  @Test func closingWaitsForTheOutput() {
    let session = FramedSession(.mtcp, now: 0)
    _ = session.nextEvent(now: 0)
    _ = session.send([1], now: 0)
    session.close(.idleTimeout, now: 0)
    #expect(session.send([1], now: 0) == .unavailable)
    #expect(session.nextEvent(now: 0) == nil)
    _ = session.drain()
    #expect(session.nextEvent(now: 0) == .written(transfer: 0))
    #expect(session.nextEvent(now: 0) == .ended(.terminated(.idleTimeout)))
  }
}
