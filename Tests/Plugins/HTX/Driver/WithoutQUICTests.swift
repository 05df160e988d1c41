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
    sites.remove("a:443")
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
}
