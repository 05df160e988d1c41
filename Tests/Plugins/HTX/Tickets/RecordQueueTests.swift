// SPDX-License-Identifier: Apache-2.0
import MeshCrypto
import TestSupport
import Testing

@testable import HTXTickets

@Suite struct RecordQueueTests {
  private let site = TicketKey(secret: TicketKey.makeSecret(from: .seeded(1)))!
  private let noon: Int64 = 500_000 * 3600

  private func ticket(_ seed: UInt64) -> String {
    IssuedTicket(for: site.publicKey, policy: .standard, unixSeconds: noon, random: .seeded(seed))!.payload.text
  }

  private func admit(_ gate: inout TicketGate, _ seed: UInt64) throws -> ReplayRecord {
    let network = NetworkPrefix(address: [192, 0, 2, UInt8(truncatingIfNeeded: seed)])
    let outcome = gate.judge([ticket(seed)], from: network, unixSeconds: noon, now: 0)
    return try #require(outcome).get().record
  }

  /// Whoever is told to go on finds his ticket known after a restart, whatever came between.
  @Test(arguments: 1...8)
  func nobodyGoesOnBeforeARecordWithHisTicketIsWritten(seed: UInt64) throws {
    var random = SeededGenerator(seed)
    var limits = TicketLimits()
    limits.burst = 1000
    var gate = TicketGate(keys: [site], limits: limits)
    var (queue, disk): (RecordQueue, [String: [UInt8]]) = (RecordQueue(), [:])
    var writing: ReplayRecord?
    var (next, told, writes) = (UInt64(1000 * seed), [UInt64](), 0)
    let last = next + 600
    while next < last || writing != nil {
      if next < last, random.next() % 4 > 0 {
        queue.add(try admit(&gate, next), for: next)
        next += 1
      }
      if let record = queue.next() {
        #expect(writing == nil)
        writing = record
      } else if let record = writing, random.next() % 8 == 0 || next == last {
        disk[record.key] = record.bytes
        writing = nil
        writes += 1
        told += queue.finish()
        writing = queue.next()
      }
    }
    #expect(told == Array(UInt64(1000 * seed)..<last))
    #expect(writes < 400)
    var restored = TicketGate(keys: [site])
    #expect(restored.restore(from: disk, unixSeconds: noon) == [])
    #expect(restored.remembered == 600)
  }

  @Test func aRecordOfAnotherKeyIsWrittenAfterTheOneBeforeIt() {
    var queue = RecordQueue()
    #expect(queue.next() == nil)
    #expect(queue.finish().isEmpty)
    queue.add(ReplayRecord(place: 1, number: 0, bytes: [1]), for: 1)
    queue.add(ReplayRecord(place: 1, number: 0, bytes: [1, 2]), for: 2)
    queue.add(ReplayRecord(place: 1, number: 1, bytes: [3]), for: 3)
    #expect(queue.next()?.bytes == [1, 2])
    #expect(queue.next() == nil)
    queue.add(ReplayRecord(place: 1, number: 1, bytes: [3, 4]), for: 4)
    #expect(queue.finish() == [1, 2])
    #expect(queue.next()?.bytes == [3, 4])
    #expect(queue.finish() == [3, 4])
    #expect(queue.next() == nil)
  }

  /// A write that fails, also that of a record which is full then, costs nobody who went on his place in the memory.
  @Test(arguments: 1...8)
  func whoGoesOnIsKnownAfterARestartThoughTheDiskFailsNowAndThen(seed: UInt64) throws {
    var random = SeededGenerator(seed)
    var limits = TicketLimits()
    limits.burst = 2000
    var gate = TicketGate(keys: [site], limits: limits)
    var (queue, disk, told) = (RecordQueue(), [String: [UInt8]](), [UInt64]())
    var refused = 0
    for ticket in 1000 * seed..<1000 * seed + 800 {
      queue.add(try admit(&gate, ticket), for: ticket)
      while random.next() % 4 > 0, let record = queue.next() {
        // It fails around the end of the first records, and here and there.
        if (250...258).contains(ticket % 1000) || random.next() % 8 == 0 {
          refused += queue.fail().count
          #expect(queue.next() == nil)
        } else {
          disk[record.key] = record.bytes
          told += queue.finish()
        }
      }
    }
    while let record = queue.next() {
      disk[record.key] = record.bytes
      told += queue.finish()
    }
    #expect(refused > 0 && told.count + refused <= 800 && told.count > 300)
    var restored = TicketGate(keys: [site], limits: limits)
    #expect(restored.restore(from: disk, unixSeconds: noon) == [])
    for seed in told {
      let network = NetworkPrefix(address: [192, 0, 2, UInt8(truncatingIfNeeded: seed)])
      guard case .failure(.replayed)? = restored.judge([ticket(seed)], from: network, unixSeconds: noon, now: 0) else {
        Issue.record("ticket \(seed) would be taken again")
        return
      }
    }
  }
}
