// SPDX-License-Identifier: Apache-2.0
import TestSupport
import Testing

@testable import HTXDriver

@Suite struct HTXPageVisitTests {
  private static let second: UInt64 = 1_000_000_000

  private func settings(_ count: Int) -> CoverSettings {
    var settings = CoverSettings()
    settings.origins = (0..<5).compactMap { HTXAddress(origin: "https://\($0).example/page") }
    settings.originCount = count
    return settings
  }

  @Test(arguments: 1...8)
  func aRoundVisitsSomeOriginsOnceEachAtTimesOfTheirOwn(count: Int) throws {
    var random = SeededGenerator(UInt64(count))
    let link = try #require(HTXAddress("htx://site.example:8443/p"))
    var settings = settings(count)
    var visits = PageVisits()
    visits.plan(beside: link, settings, now: 7, using: &random)
    // A dial soon after the last one brings no more.
    visits.plan(beside: link, settings, now: 29 * Self.second, using: &random)
    var (hosts, times): ([String], [UInt64]) = ([], [])
    while visits.next != .max {
      times.append(visits.next)
      let early = visits.take(now: visits.next - 1)
      #expect(early == nil)
      let visit = visits.take(now: visits.next)
      #expect(visit?.isSite == false)
      hosts.append(visit?.address.host ?? "none")
    }
    #expect(hosts.count == min(count, 5) && Set(hosts).count == hosts.count && Set(times).count == times.count)
    #expect(times.allSatisfy { (7...7 + Self.second).contains($0) })
    settings.visitsSite = true
    settings.origins = []
    visits.plan(beside: link, settings, now: 60 * Self.second, using: &random)
    let site = visits.take(now: 62 * Self.second)
    let page = try #require(site?.address)
    #expect(page.host == "site.example" && page.port == 8443 && page.path == "/p" && visits.next == .max)
    #expect(site?.isSite == true)
  }

  @Test func originsAreAddressesOfPages() {
    #expect(HTXAddress(origin: "https://example.org")?.path == "/")
    #expect(HTXAddress(origin: "https://example.org:1/a#pin=sha256:00")?.pin == "sha256:00")
    for wrong in ["http://example.org/", "htx+tcp://example.org/", "https://", "https://a/?q", "https://a/ b", ""] {
      #expect(HTXAddress(origin: wrong) == nil, "\(wrong)")
    }
  }

  @Test func nothingIsVisitedUnlessItIsConfigured() throws {
    var random = SeededGenerator(1)
    var visits = PageVisits()
    let link = try #require(HTXAddress("htx://site.example"))
    visits.plan(beside: link, CoverSettings(), now: 7, using: &random)
    #expect(visits.next == .max)
  }
}
