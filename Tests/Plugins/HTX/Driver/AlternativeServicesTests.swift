// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import HTXDriver

@Suite struct HTXAlternativeServicesTests {
  private let second: UInt64 = 1_000_000_000

  @Test func aSiteIsVisitedOverQUICForAsLongAsItSaid() {
    var sites = AlternativeServices()
    func port(_ site: String, _ now: UInt64) -> UInt16? { sites.port(of: site, now: now) }
    sites.learn("h3=\":8443\"; ma=60", from: "a:443", now: second)
    #expect(port("a:443", 61 * second - 1) == 8443)
    #expect(port("b:443", second) == nil)
    #expect(port("a:443", 61 * second) == nil)
  }

  @Test(arguments: ["clear", "h3=\":443\"; ma=0", "h2=\":443\""])
  func aSiteThatTakesItBackIsVisitedOverTCP(value: String) {
    var sites = AlternativeServices()
    sites.learn("h3=\":443\"", from: "a", now: 0)
    sites.learn(value, from: "a", now: 1)
    let port = sites.port(of: "a", now: 2)
    #expect(port == nil)
  }

  @Test func theMemoryIsBounded() {
    var sites = AlternativeServices()
    for number in 0..<300 { sites.learn("h3=\":443\"; ma=10", from: "\(number)", now: 0) }
    let known = (0..<300).filter { sites.port(of: "\($0)", now: 1) != nil }
    #expect(known.count == 256)
    // Those that are over make room.
    sites.learn("h3=\":443\"", from: "new", now: 11 * second)
    #expect(sites.port(of: "new", now: 11 * second) == 443)
  }
}
