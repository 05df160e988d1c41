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
    while let key = restored.restoreKey { restored.restore(disk[key]) }
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
}
