// SPDX-License-Identifier: Apache-2.0
import Glibc
import HTXHTTP3
import HTXLanes
import HTXQUIC
import HTXTCP
import HTXTestNetwork
import Testing

@testable import HTXLanes

@Suite struct HTXVisitorProgressTests {
  @Test func aVisitorIsAsFarAsHisRequests() throws {
    let pair = try LanePair(judges: false)
    let visitor = Visitor("GET", "/")
    let http3 = HTTP3Connection(isServer: false, visitor, requestStreams: 0)
    let quic = try #require(pair.dial(http3))
    #expect(pair.network.run(until: { visitor.isOpen }))
    let server = try #require(pair.laneServer)
    #expect(server.progress == VisitorProgress(activity: .idle, requests: 0, bytes: 0))
    visitor.ask()
    #expect(pair.network.run(until: { visitor.isWhole }))
    pair.network.run(seconds: 1, until: { server.progress.activity == .idle })
    #expect(server.progress.activity == .idle && server.progress.requests == 1)
    #expect(server.progress.bytes == UInt64(visitor.body.count))
    // A stream that begins a head and does not go on.
    let stream = try #require(quic.openStream())
    let peer = HalfHead(http3, stream)
    quic.handler = peer
    quic.wake()
    pair.network.run(seconds: 1, until: { server.progress.activity == .head })
    #expect(server.progress.activity == .head && server.progress.requests == 2)
  }

  /// Whoever asks for much and has no room for it holds no more than his share, and nothing once he is gone.
  @Test(arguments: [0, 1 << 30])
  func whatVisitorsHoldIsBounded(limit: Int) throws {
    let folder = try Folder()
    let budget = LentBudget(limit: limit)
    var options = EndpointOptions()
    options.streamWindow = 1
    let pair = try LanePair(judges: false, folder: folder.path, budget: budget, clientOptions: options)
    let visitor = Visitor("GET", "/large")
    let quic = try #require(pair.dial(HTTP3Connection(isServer: false, visitor, requestStreams: 0)))
    #expect(pair.network.run(until: { visitor.isOpen }))
    for _ in 0..<120 { visitor.ask() }
    let server = try #require(pair.laneServer)
    pair.network.run(seconds: 0.3, until: { false })
    #expect(server.progress.activity == .answer && server.progress.requests == 120)
    let most = (limit == 0 ? LentBudget.least : LentBudget.most) + 16_384
    #expect(budget.used > 0 && budget.used <= most, "\(budget.used)")
    quic.fail(error: 0x100)
    pair.network.run(seconds: 5, until: { pair.server.connections == 0 })
    #expect(budget.used == 0)
  }

  @Test func aFileComesWholeThroughTheSmallestShare() throws {
    let folder = try Folder()
    let pair = try LanePair(judges: false, folder: folder.path, budget: LentBudget(limit: 0))
    pair.network.faults = .init(loss: 20, reordering: 100)
    let visitor = Visitor("GET", "/large")
    #expect(pair.dial(HTTP3Connection(isServer: false, visitor, requestStreams: 0)) != nil)
    #expect(pair.network.run(until: { visitor.isOpen }))
    visitor.ask()
    #expect(pair.network.run(until: { visitor.isWhole }))
    #expect(visitor.body.count == 1_000_000)
  }
}
