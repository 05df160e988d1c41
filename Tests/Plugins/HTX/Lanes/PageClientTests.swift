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
}
