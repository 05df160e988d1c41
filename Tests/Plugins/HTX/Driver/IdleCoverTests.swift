// SPDX-License-Identifier: Apache-2.0
import TestSupport
import Testing

@testable import HTXDriver

@Suite struct HTXIdleCoverTests {
  private static let second: UInt64 = 1_000_000_000

  private func settings(keepAlive: Bool, padding: UInt64) -> CoverSettings {
    var settings = CoverSettings()
    settings.keepAlive = DrawnRange(10 * Self.second, keepAlive ? 60 * Self.second : 0)
    settings.idlePadding = padding
    return settings
  }

  /// Waits and sizes of a link that is silent from the start.
  private func silence(_ settings: CoverSettings, count: Int, seed: UInt64) -> (waits: [UInt64], sizes: [Int]) {
    var random = SeededGenerator(seed)
    var cover = IdleCover()
    var now: UInt64 = 5
    cover.begin(settings, now: now, using: &random)
    var (waits, sizes): ([UInt64], [Int]) = ([], [])
    for _ in 0..<count {
      waits.append(cover.at - now)
      now = cover.at
      sizes.append(cover.due(settings, now: now, using: &random))
    }
    return (waits, sizes)
  }

  /// The waits are spread evenly over the range, and none foretells the next one.
  @Test(arguments: 1...4)
  func keepAlivesHaveNoPeriod(seed: UInt64) {
    let count = 4000
    let (waits, sizes) = silence(settings(keepAlive: true, padding: 0), count: count, seed: seed)
    #expect(waits.allSatisfy { (10 * Self.second...60 * Self.second).contains($0) })
    #expect(Set(waits).count == count)
    #expect(sizes.allSatisfy { (2...64).contains($0) && $0 % 2 == 0 } && Set(sizes).count == 32)
    // Kolmogorov and Smirnov: 1.95 / √n is passed by one even sample in a thousand.
    let sorted = waits.sorted().map { Double($0 - 10 * Self.second) / Double(50 * Self.second) }
    let distance = sorted.enumerated().map { abs($1 - Double($0) / Double(count)) }.max() ?? 1
    #expect(distance < 2.5 / Double(count).squareRoot())
    // Autocorrelation at every lag up to 20: that of noise, whose deviation is 1 / √n.
    let mean = waits.reduce(0) { $0 + Double($1) } / Double(count)
    let centred = waits.map { Double($0) - mean }
    let variance = centred.reduce(0) { $0 + $1 * $1 }
    for lag in 1...20 {
      let product = zip(centred, centred.dropFirst(lag)).reduce(0) { $0 + $1.0 * $1.1 }
      #expect(abs(product / variance) < 5.5 / Double(count).squareRoot(), "lag \(lag)")
    }
  }

  @Test(arguments: 1...10)
  func eachBurstIsFollowedByOnePaddingOnceItIsOver(seed: UInt64) {
    let settings = settings(keepAlive: false, padding: 3072)
    var random = SeededGenerator(seed)
    var cover = IdleCover()
    var now: UInt64 = 1
    cover.begin(settings, now: now, using: &random)
    #expect(cover.at == .max)
    var sizes: [Int] = []
    for _ in 0..<500 {
      var lastPacket = now
      for packet in 0..<Int.random(in: 1...20, using: &random) {
        let isFirst = cover.spoke(settings)
        #expect(isFirst == (packet == 0))
        if packet == 0 { cover.beginBurst(settings, now: now, using: &random) }
        lastPacket = now
        now += UInt64.random(in: 0...100_000_000, using: &random)
        let early = cover.due(settings, now: now, using: &random)
        #expect(early == 0)
      }
      var turns = 0
      while cover.at != .max, turns < 5 {
        now = max(now, cover.at)
        let size = cover.due(settings, now: now, using: &random)
        if cover.at == .max { sizes.append(size) }
        turns += 1
      }
      #expect(cover.at == .max && now - lastPacket >= 200_000_000 && now - lastPacket <= 2_500_000_000)
    }
    #expect(sizes.count == 500 && sizes.allSatisfy { (0...3072).contains($0) && $0 % 2 == 0 })
    #expect(Set(sizes).count > 200 && (sizes.min() ?? 9999) < 100 && (sizes.max() ?? 0) > 2972)
  }

  @Test func nothingIsSentUnlessItIsConfigured() {
    let settings = CoverSettings()
    #expect(!settings.fillsSilence && settings.recordPadding == 0)
    var random = SeededGenerator(1)
    var cover = IdleCover()
    cover.begin(settings, now: 1, using: &random)
    let isBurst = cover.spoke(settings)
    #expect(!isBurst && cover.at == .max)
  }

  /// While packets leave there is nothing to keep alive.
  @Test func packetsPutOffTheKeepAlive() {
    let settings = settings(keepAlive: true, padding: 0)
    var random = SeededGenerator(3)
    var cover = IdleCover()
    var now: UInt64 = 0
    cover.begin(settings, now: now, using: &random)
    for _ in 0..<200 {
      let isBurst = cover.spoke(settings)
      now = cover.at
      let size = cover.due(settings, now: now, using: &random)
      #expect(!isBurst && size == 0 && cover.at > now)
    }
    now = cover.at
    let size = cover.due(settings, now: now, using: &random)
    #expect(size > 0)
  }

  @Test func aRangeThatIsUpsideDownIsItsMinimum() {
    var random = SeededGenerator(1)
    let drawn = [DrawnRange(7, 3), DrawnRange(7, 7)].map { $0.draw(using: &random) }
    #expect(drawn == [7, 7])
  }
}
