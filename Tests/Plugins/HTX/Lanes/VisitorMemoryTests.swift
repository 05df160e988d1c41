// SPDX-License-Identifier: Apache-2.0
import CQUIC
import HTXHTTP3
import HTXLanes
import HTXQUIC
import HTXTCP
import HTXTestNetwork
import HTXTickets
import MeshCrypto
import TestSupport
import Testing

/// What ngtcp2 holds for visitors of the site, and for links.
@Suite struct HTXVisitorMemoryTests {
  private let key = TicketKey(secret: TicketKey.makeSecret(from: .seeded(1)))!

  /// Ten large files at once for each of three visitors leave most of the budget, however bad the network is.
  @Test(arguments: [UInt64(1), 2, 3, 4])
  func honestVisitorsAreFarBelowWhatTheyMayHold(seed: UInt64) throws {
    let folder = try Folder()
    let memory = MemoryBudget()
    let pair = try LanePair(judges: false, seed: seed, folder: folder.path, memory: memory)
    if seed > 1 { pair.network.faults = .init(loss: 30, duplication: 20, reordering: 200) }
    var most: UInt64 = 0
    for _ in 0..<3 {
      let visitor = Visitor("GET", "/large")
      #expect(pair.dial(HTTP3Connection(isServer: false, visitor, requestStreams: 0)) != nil)
      #expect(pair.network.run(until: { visitor.isOpen }))
      for _ in 0..<10 { visitor.ask() }
      #expect(
        pair.network.run(until: {
          most = max(most, memory.used)
          return visitor.body.count == 10_000_000
        }))
    }
    #expect(most < 1 << 20, "\(most)")
    #expect(pair.server.figures.overloads == 0)
  }

  /// Nor does a link that comes up while others hold all that there is; afterwards it is bounded by its windows alone.
  @Test(arguments: [UInt64(1), 2, 3, 4])
  func linksComeUpWhileVisitorsHoldTooMuchAndAreNotCounted(seed: UInt64) throws {
    let memory = MemoryBudget(limit: 0)
    let pair = try LanePair(seed: seed, memory: memory)
    pair.far.gate = TicketGate(keys: [key])
    if seed > 1 { pair.network.faults = .init(loss: 30, duplication: 20, reordering: 200) }
    let policy = TicketPolicy(shares: [.cookie: 1000], padding: 24...64)!
    let ticket = IssuedTicket(
      for: key.publicKey, policy: policy, unixSeconds: 500_000 * 3600, random: .seeded(seed))!
    let client = try #require(pair.link(ticket))
    #expect(memory.used == 0)
    for lane in 0..<LaneNumbers.count {
      for _ in 0..<20 { pair.near.send(lane, [UInt8](repeating: 7, count: 60_000)) }
      client.resume(lane)
    }
    let total = LaneNumbers.count * 20 * 60_000
    #expect(pair.network.run(until: { pair.far.arrived.reduce(0) { $0 + $1.count } == total }))
    #expect(memory.used == 0 && pair.server.figures.overloads == 0 && pair.far.reason == nil)
  }

  /// What a visitor hears who holds too much.
  @Test func itIsCalledExcessiveLoad() throws {
    let memory = MemoryBudget(least: 40_000, most: 80_000)
    let pair = try LanePair(judges: false, memory: memory)
    let visitor = Visitor("GET", "/")
    let quic = try #require(pair.dial(HTTP3Connection(isServer: false, visitor, requestStreams: 0)))
    let ending = Ending(quic.handler)
    quic.handler = ending
    #expect(pair.network.run(until: { ending.reason != nil }))
    #expect(ending.reason?.isByPeer == true)
    #expect(memory.used == 0)
  }

  private final class Ending: ConnectionHandler {
    let inner: ConnectionHandler
    private(set) var reason: CloseReason?

    init(_ inner: ConnectionHandler) { self.inner = inner }

    override func ended(_ connection: Connection, _ reason: CloseReason) {
      self.reason = reason
      inner.ended(connection, reason)
    }
  }
}
