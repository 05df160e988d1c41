// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import HTXDriver

@Suite struct HTXWithoutQUICTests {
  private let second: UInt64 = 1_000_000_000

  @Test func aSiteIsWithoutQUICForItsPauseAndNotLonger() {
    var sites = WithoutQUIC()
    func has(_ site: String, at now: UInt64) -> Bool { sites.contains(site, now: now) }
    sites.add("a:443", now: second, pause: 2 * second)
    #expect(has("a:443", at: second))
    #expect(has("a:443", at: 3 * second - 1))
    #expect(!has("b:443", at: second))
    #expect(!has("a:443", at: 3 * second))
  }

  @Test func withoutAPauseEveryDialBeginsWithQUIC() {
    var sites = WithoutQUIC()
    func has(_ site: String, at now: UInt64) -> Bool { sites.contains(site, now: now) }
    sites.add("a:443", now: second, pause: 0)
    #expect(!has("a:443", at: second))
  }

  @Test func aLinkOverQUICEndsThePause() {
    var sites = WithoutQUIC()
    func has(_ site: String, at now: UInt64) -> Bool { sites.contains(site, now: now) }
    sites.add("a:443", now: second, pause: 2 * second)
    sites.isAnswered("a:443")
    #expect(!has("a:443", at: second))
  }

  @Test func whatHasNoRoomIsAskedAgainAndWhatIsOverMakesRoom() {
    var sites = WithoutQUIC()
    func has(_ site: String, at now: UInt64) -> Bool { sites.contains(site, now: now) }
    for number in 0..<1024 { sites.add("\(number):443", now: 0, pause: second) }
    sites.add("late:443", now: 0, pause: second)
    #expect(!has("late:443", at: 0))
    sites.add("later:443", now: second, pause: second)
    #expect(has("later:443", at: second))
  }

  @Test func linksThatAreAnsweredAndDoNotHoldAreTriedLaterAndLater() {
    var sites = WithoutQUIC()
    var now: UInt64 = 0
    var pauses: [UInt64] = []
    for _ in 0..<12 {
      sites.broke("a:443", after: second / 2, now: now, pause: second)
      let end = now + sites.pauseLeft("a:443", now: now)
      pauses.append((end - now) / second)
      now = end
      // A visit is answered each time, and changes nothing about that.
      sites.isAnswered("a:443")
      let isPaused = sites.contains("a:443", now: now)
      #expect(!isPaused)
    }
    #expect(pauses == [1, 2, 4, 8, 16, 32, 64, 128, 256, 256, 256, 256])
  }

  @Test func aLinkThatHeldForLongerThanThePauseBeginsAnew() {
    var sites = WithoutQUIC()
    for _ in 0..<3 { sites.broke("a:443", after: 0, now: 0, pause: second) }
    #expect(sites.brokenLinks("a:443") == 3)
    sites.broke("a:443", after: 7 * second, now: 0, pause: second)
    #expect(sites.pauseLeft("a:443", now: 0) == 8 * second)
    sites.broke("a:443", after: 16 * second, now: 0, pause: second)
    #expect(sites.pauseLeft("a:443", now: 0) == second)
    #expect(sites.brokenLinks("a:443") == 1)
  }
}

extension WithoutQUIC {
  /// Nanoseconds for which QUIC is left out.
  fileprivate func pauseLeft(_ site: String, now: UInt64) -> UInt64 {
    var (low, high) = (now, now + 1 << 50)
    while low < high {
      let middle = low + (high - low) / 2
      if contains(site, now: middle) { low = middle + 1 } else { high = middle }
    }
    return low - now
  }
}
