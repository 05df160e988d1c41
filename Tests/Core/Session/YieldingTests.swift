// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import MeshSession

@Suite("Bulk beside urgent packets")
struct YieldingTests {
  private static let wide = LinkCharacteristics(reliable: true, ordered: true, mtu: 65_000, lanes: 6)
  private static let frame = 4000

  /// A pair with bulk waiting at `a`, and what `a` has in flight of it.
  private func flood(afterUrgent pause: UInt64?) -> UInt64 {
    let pair = DataTests.established(Self.wide)
    let frames = pair.a.frames(pair.b)
    frames.size = Self.frame
    pair.b.frames(pair.a).size = Self.frame
    if let pause {
      frames.trafficClass = .interactive
      pair.a.send(1, to: pair.b)
      pair.run(pause)
    }
    frames.trafficClass = .bulk
    pair.a.send(2000, to: pair.b)
    _ = pair.a.takePackets(now: pair.now)
    return pair.a.endpoint.link(1)?.bytesInFlight ?? 0
  }

  @Test("Bulk has little in flight while urgent packets pass, and all of its window when they have passed")
  func yields() {
    let beside = flood(afterUrgent: 40 * Pair.millisecond)
    #expect(beside >= QueueLimiter.harmless)
    #expect(beside < QueueLimiter.harmless + 2 * UInt64(Self.frame))
    #expect(flood(afterUrgent: 200 * Pair.millisecond) >= QueueLimiter.first)
    #expect(flood(afterUrgent: nil) >= QueueLimiter.first)
  }

  @Test("Who receives urgent packets acknowledges bulk at once, for the sender waits for it", arguments: [false, true])
  func acknowledges(isUrgent: Bool) {
    let pair = DataTests.established(Self.wide)
    let (sender, receiver) = (pair.a.frames(pair.b), pair.b.frames(pair.a))
    (sender.size, receiver.size) = (Self.frame, Self.frame)
    receiver.receivesUrgent = isUrgent
    sender.trafficClass = .interactive
    pair.a.send(1, to: pair.b)
    pair.run(pair.delay + Pair.millisecond)
    receiver.receivesUrgent = false
    sender.trafficClass = .bulk
    let before = receiver.received.count
    pair.a.send(2, to: pair.b)
    pair.run(pair.delay + Pair.millisecond)
    #expect(receiver.received.count == before + 2)
    #expect(pair.b.takePackets(now: pair.now).isEmpty)
    let start = pair.now
    pair.run(2 * pair.delay)
    let isQuick = pair.a.endpoint.link(1)?.bytesInFlight == 0
    #expect(isQuick == isUrgent, "after \(pair.now - start) ns")
  }

  @Test(
    "Who sends something urgent on a short path expects an answer soon, and nobody else does",
    arguments: [(.interactive, 20_000), (.realtime, 20_000), (.normal, 20_000), (.interactive, 1_000_000)]
      as [(TrafficClass, UInt64)])
  func expectsAnswers(trafficClass: TrafficClass, delay: UInt64) {
    let pair = DataTests.established(Self.wide)
    pair.delay = delay
    let (a, b) = (pair.a.frames(pair.b), pair.b.frames(pair.a))
    (a.trafficClass, b.trafficClass) = (.normal, .normal)
    // Acknowledgements tell how long the path is.
    for _ in 0..<20 {
      pair.a.send(8, to: pair.b)
      pair.run(2 * delay + Pair.millisecond)
    }
    #expect(pair.a.endpoint.answerUntil <= pair.now)
    a.trafficClass = trafficClass
    pair.a.send(1, to: pair.b)
    _ = pair.a.takePackets(now: pair.now)
    let isShort = 2 * delay < pair.a.endpoint.options.promptRoundTrip
    #expect((pair.a.endpoint.answerUntil > pair.now) == (isShort && trafficClass.isUrgent))
    #expect(pair.b.endpoint.answerUntil <= pair.now)
  }

  /// What classes that yield have in flight on a path of `rate` bytes a second, in the end.
  private func settled(rate: UInt64, path: UInt64, work: UInt64) -> UInt64 {
    var limiter = QueueLimiter(largest: 8 << 20)
    var now: UInt64 = 1_000_000_000
    for _ in 0..<4000 {
      let inFlight = limiter.yielding
      let roundTrip = max(path, inFlight * 1_000_000_000 / rate) + work
      now += max(roundTrip / 8, 1)
      limiter.acknowledged(inFlight / 8, inFlight: inFlight, roundTrip: roundTrip, path: path, now: now)
    }
    return limiter.yielding
  }

  @Test(
    "What yields fills a path and queues no more than a quarter of its round trip",
    arguments: [(12_500_000, 10_000_000), (1_250_000_000, 400_000), (25_000_000, 100_000_000)] as [(UInt64, UInt64)])
  func fills(rate: UInt64, path: UInt64) {
    let held = rate * path / 1_000_000_000
    let settled = settled(rate: rate, path: path, work: 0)
    #expect(settled >= held)
    #expect(settled <= held * 13 / 10)
  }

  @Test("Where a round trip is work and not way, next to nothing is in flight")
  func work() {
    #expect(settled(rate: 1_500_000_000, path: 20_000, work: 20_000) == QueueLimiter.harmless)
  }
}
