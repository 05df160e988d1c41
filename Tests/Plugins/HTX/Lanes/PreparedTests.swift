// SPDX-License-Identifier: Apache-2.0
import HTXLanes
import HTXTCP
import HTXTestNetwork
import HTXTickets
import MeshCrypto
import TestSupport
import Testing

/// What a dialler makes while the server works on its first packet.
@Suite struct HTXPreparedTests {
  private let key = TicketKey(secret: TicketKey.makeSecret(from: .seeded(1)))!

  private func ticket(_ carrier: TicketCarrier? = nil, hours: Int64 = 0, seed: UInt64 = 2) -> IssuedTicket {
    var seed = seed
    while true {
      let made = IssuedTicket(
        for: key.publicKey, policy: .standard, unixSeconds: (500_000 + hours) * 3600, random: .seeded(seed))!
      if carrier == nil || made.carrier == carrier { return made }
      seed += 1
    }
  }

  private func pair(seed: UInt64 = 1, streams: UInt32 = 128) throws -> LanePair {
    let pair = try LanePair(seed: seed, streams: streams)
    pair.far.gate = TicketGate(keys: [key])
    return pair
  }

  /// Dials with a ticket that is prepared, and shows `shown` as soon as it may.
  private func dial(_ pair: LanePair, _ prepared: IssuedTicket, shown: IssuedTicket?) throws -> LaneClient {
    let client = LaneClient(pair.near)
    pair.near.onReached = { reached in
      if let shown { _ = reached.begin(.local, shown) }
    }
    _ = try #require(pair.dial(client.makeConnection()))
    client.prepare(.local, prepared)
    #expect(client.ticketDigest == nil)
    return client
  }

  private func run(_ pair: LanePair, _ isDone: () -> Bool) -> Bool {
    pair.network.run {
      if !pair.far.verdicts.isEmpty { pair.laneServer?.settle(admitted: true) }
      return isDone()
    }
  }

  @Test(arguments: TicketCarrier.allCases)
  func aPreparedTicketOpensTheLinkInOneRoundTripAndCarriesData(carrier: TicketCarrier) throws {
    let pair = try pair()
    let start = pair.network.now
    let ticket = ticket(carrier)
    let client = try dial(pair, ticket, shown: ticket)
    #expect(run(pair) { pair.near.isOpen })
    #expect(pair.network.now - start == 4 * pair.network.delay)
    #expect(client.ticketDigest == ticket.digest && pair.far.verdicts == ["admitted"])
    pair.near.send(0, [1, 2, 3])
    client.resume(0)
    #expect(run(pair) { pair.far.arrived[0] == [1, 2, 3] })
  }

  /// Losing, doubling and mixing up packets changes nothing of that.
  @Test(arguments: 1...20)
  func aPreparedTicketArrivesOverABadNetwork(seed: UInt64) throws {
    let pair = try pair(seed: seed)
    pair.network.faults = .init(loss: 100, duplication: 100, reordering: 300)
    let ticket = ticket(seed: seed * 100)
    let client = try dial(pair, ticket, shown: ticket)
    #expect(run(pair) { pair.near.isOpen })
    pair.near.send(0, [UInt8](repeating: 7, count: 100_000))
    client.resume(0)
    #expect(run(pair) { pair.far.arrived[0].count == 100_000 })
    #expect(pair.far.verdicts.allSatisfy { $0 == "admitted" || $0 == "none" })
  }

  /// The one that was prepared is of another hour: it would be refused.
  @Test func aTicketThatWasPreparedAndIsNotShownNeverLeaves() throws {
    let pair = try pair()
    _ = try dial(pair, ticket(hours: 9), shown: ticket())
    #expect(run(pair) { pair.near.isOpen })
    #expect(pair.far.verdicts == ["admitted"])
  }

  @Test func nothingIsAskedWhereAnotherConnectionIsUsedAndATicketMayStillBeShownLater() throws {
    let pair = try pair()
    let ticket = ticket()
    let client = try dial(pair, ticket, shown: nil)
    pair.network.run(seconds: 1) { false }
    #expect(pair.near.hasReached && pair.near.isConfirmed && pair.far.verdicts.isEmpty)
    #expect(client.begin(.local, ticket))
    #expect(run(pair) { pair.near.isOpen })
    #expect(pair.far.verdicts == ["admitted"])
  }

  /// The same with and without preparation.
  @Test(arguments: [true, false])
  func aServerThatAllowsOneRequestSeesTheTicketAndTheLinkFails(isPrepared: Bool) throws {
    let pair = try pair(streams: 1)
    let ticket = ticket()
    let client = LaneClient(pair.near)
    pair.near.onReached = { #expect($0.begin(.local, ticket)) }
    _ = try #require(pair.dial(client.makeConnection()))
    if isPrepared { client.prepare(.local, ticket) }
    pair.network.run(seconds: 2) { !pair.far.verdicts.isEmpty }
    #expect(pair.far.verdicts == ["admitted"] && !pair.near.isOpen)
    #expect(pair.near.ends.count == 1)
  }

  @Test func aConnectionThatFailsWithARequestPreparedLeavesNothing() throws {
    let pair = try pair()
    let ticket = ticket()
    _ = try dial(pair, ticket, shown: ticket)
    pair.network.detach(pair.serverAddress)
    pair.network.run(seconds: 100) { pair.near.missedReason != nil }
    #expect(pair.near.missedReason != nil && pair.far.verdicts.isEmpty)
  }
}
