// SPDX-License-Identifier: Apache-2.0
import HTXHTTP3
import HTXLanes
import HTXQUIC
import HTXTestNetwork
import Testing

@Suite struct HTXPageClientTests {
  @Test func aVisitReadsThePageAndStays() throws {
    let pair = try LanePair(judges: false)
    let reader = PageReaderLender()
    let page = PageClient(reader, authority: "example.org", path: "/")
    let http3 = page.makeConnection(keepsSettings: true)
    #expect(pair.dial(http3) != nil)
    #expect(pair.network.run(until: { page.isDone }))
    #expect(reader.isReached && reader.end == nil && pair.client.connections == 1)
    let names = try #require(http3.remoteSettings).map(\.id)
    #expect(names.contains(HTTP3Setting.tableCapacity))
    http3.close()
    #expect(pair.network.run(until: { reader.end != nil }))
  }

  @Test func aSiteThatIsNotThereIsMissed() throws {
    let pair = try LanePair(judges: false)
    pair.network.filter = { [server = pair.serverAddress] _, to in to == server }
    let reader = PageReaderLender()
    let page = PageClient(reader, authority: "example.org", path: "/")
    #expect(pair.dial(page.makeConnection()) != nil)
    pair.network.run(seconds: 20, until: { reader.hasMissed })
    #expect(reader.hasMissed && !reader.isReached && reader.end == nil)
  }

  /// Whoever waits for the page's head is told of that one, and not of interim answers (RFC 9110, 15.2).
  @Test(arguments: [nil, "h3=\":443\""] as [String?]) func theFinalHeadIsThePages(alternative: String?) throws {
    let field = alternative.map { [("alt-svc", $0)] } ?? []
    let site = InterimSite([
      [(":status", "103"), ("alt-svc", "h3=\":1\"")], [(":status", "100")], [(":status", "200")] + field,
    ])
    let pair = try LanePair(raw: site)
    let reader = PageReaderLender()
    let page = PageClient(reader, authority: "example.org", path: "/")
    #expect(pair.dial(page.makeConnection()) != nil)
    for allowed in 1...2 {
      site.allowed = allowed
      site.connection?.wake()
      #expect(pair.network.run(until: { site.sent == allowed }))
      pair.network.run(seconds: 1, until: { !reader.alternatives.isEmpty })
      #expect(reader.alternatives.isEmpty && !page.isDone)
    }
    site.allowed = 3
    site.connection?.wake()
    #expect(pair.network.run(until: { page.isDone }))
    let told: [String?] = [alternative]
    #expect(reader.alternatives == told)
  }
}
