// SPDX-License-Identifier: Apache-2.0
import Glibc
import MeshCrypto
import TestSupport
import Testing

@testable import HTXTickets

@Suite struct TicketBatchTests {
  private let site = TicketKey(secret: TicketKey.makeSecret(from: .seeded(1)))!
  private let noon: Int64 = 500_000 * 3600 + 1800

  private func batch(_ count: Int) -> TicketBatch {
    let order = TicketBatch.Order(key: site.publicKey, policy: .standard)
    return TicketBatch([TicketBatch.Order](repeating: order, count: count), unixSeconds: noon)
  }

  private func isAdmitted(_ ticket: IssuedTicket, _ gate: inout TicketGate, hours: Int64 = 0) -> Bool {
    let network = NetworkPrefix(address: [192, 0, 2, 1])
    guard case .success? = gate.judge([ticket.text], from: network, unixSeconds: noon + 3600 * hours, now: 0) else {
      return false
    }
    return true
  }

  @Test func everyTicketOfABatchOpensOneLink() throws {
    let batch = batch(TicketBatch.limit)
    batch.run(random: .seeded(2))
    var limits = TicketLimits()
    limits.burst = 2 * TicketBatch.limit
    var gate = TicketGate(keys: [site], limits: limits)
    for index in 0..<TicketBatch.limit {
      let ticket = try #require(batch.take(index))
      #expect(isAdmitted(ticket, &gate) && !isAdmitted(ticket, &gate))
      #expect(batch.take(index) == nil)
    }
  }

  /// One that is shown an hour after it was made is still of an hour that is taken, and two hours after it is not.
  @Test(arguments: [(0, true), (1, true), (2, false)] as [(Int64, Bool)])
  func aTicketIsOfTheHourInWhichItWasOrdered(hours: Int64, isGood: Bool) throws {
    let batch = batch(1)
    batch.run()
    var gate = TicketGate(keys: [site])
    #expect(isAdmitted(try #require(batch.take(0)), &gate, hours: hours) == isGood)
  }

  @Test func whatWasTakenBeforeItWasBegunIsNotMade() {
    let batch = batch(3)
    #expect(batch.take(1) == nil)
    batch.run()
    #expect(batch.take(0) != nil && batch.take(1) == nil && batch.take(2) != nil)
    #expect(batch.take(3) == nil && batch.take(-1) == nil)
  }

  @Test func aKeyThatIsNoGoodPointMakesNoTicket() {
    let bad = TicketPublicKey(id: site.id, point: X25519PublicKey([UInt8](repeating: 0, count: 32))!)
    let batch = TicketBatch([TicketBatch.Order(key: bad, policy: .standard)], unixSeconds: noon)
    batch.run()
    #expect(batch.take(0) == nil)
  }

  /// Nobody waits for the other, so that one in between belongs to neither; but none has two owners.
  @Test func ofTwoThreadsOneMakesEachTicketAtMost() throws {
    var (given, refused) = (0, 0)
    for _ in 0..<200 where given == 0 || refused == 0 {
      let batch = batch(TicketBatch.limit)
      var thread = pthread_t()
      let argument = Unmanaged.passRetained(batch).toOpaque()
      #expect(pthread_create(&thread, nil, runBatch, argument) == 0)
      // It makes them from the first one on. Once one is there, the others are asked for while it goes on.
      var taken: [Int: IssuedTicket] = [:]
      while !batch.isMade(0) { sched_yield() }
      for index in 0..<TicketBatch.limit { taken[index] = batch.take(index) }
      pthread_join(thread, nil)
      given += taken.count
      refused += TicketBatch.limit - taken.count
      // What was asked for is over, whether it was made by then or not.
      var gate = TicketGate(keys: [site])
      for (_, ticket) in taken { #expect(isAdmitted(ticket, &gate)) }
      #expect(Set(taken.values.map(\.text)).count == taken.count)
    }
    #expect(given > 0 && refused > 0)
  }
}

@c private func runBatch(_ argument: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
  guard let argument else { return nil }
  Unmanaged<TicketBatch>.fromOpaque(argument).takeRetainedValue().run()
  return nil
}
