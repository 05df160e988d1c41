// SPDX-License-Identifier: Apache-2.0
import MeshCrypto
import TestSupport
import Testing

@testable import HTXTickets

@Suite struct TicketGateTests {
  private let site = TicketKey(secret: TicketKey.makeSecret(from: .seeded(1)))!
  private let network = NetworkPrefix(address: [192, 0, 2, 1])
  private let noon: Int64 = 500_000 * 3600 + 1800

  private func ticket(_ seed: UInt64, hours: Int64 = 0) -> TicketPayload {
    IssuedTicket(
      for: site.publicKey, policy: .standard, unixSeconds: noon + 3600 * hours, random: .seeded(seed))!.payload
  }

  private func outcome(_ gate: inout TicketGate, _ ticket: String, hours: Int64 = 0, now: UInt64 = 0) -> String {
    switch gate.judge([ticket], from: network, unixSeconds: noon + 3600 * hours, now: now) {
    case nil: "none"
    case .success: "admitted"
    case .failure(let refusal): refusal.rawValue
    }
  }

  @Test(arguments: -3...3)
  func aTicketIsGoodInItsHourAndInTheOnesBesideIt(_ hours: Int64) {
    var gate = TicketGate(keys: [site])
    let expected = (-1...1).contains(hours) ? "admitted" : "wrong value"
    #expect(outcome(&gate, ticket(2).text, hours: hours) == expected)
  }

  @Test func aUsedTicketIsRefusedAsLongAsItWouldBeGood() {
    var gate = TicketGate(keys: [site])
    #expect(outcome(&gate, ticket(2).text, hours: -1) == "admitted")
    for hours in Int64(-1)...1 { #expect(outcome(&gate, ticket(2).text, hours: hours) == "replayed") }
    #expect(outcome(&gate, ticket(3).text, hours: 1) == "admitted")
    // The clock is set back.
    #expect(outcome(&gate, ticket(2).text) == "replayed")
  }

  @Test func otherPaddingNonceOrFormOfTheKeyDoNotMakeAUsedTicketNew() {
    var gate = TicketGate(keys: [site])
    let used = ticket(2)
    #expect(outcome(&gate, used.text) == "admitted")
    var bytes = used.bytes
    bytes[50] ^= 0xFF
    #expect(outcome(&gate, TicketPayload(bytes)!.text) == "replayed")
    #expect(outcome(&gate, TicketPayload(used.bytes + [1, 2, 3])!.text) == "replayed")
    // RFC 7748 ignores the highest bit of a public key.
    bytes = used.bytes
    bytes[32] ^= 0x80
    #expect(outcome(&gate, TicketPayload(bytes)!.text) == "replayed")
  }

  @Test func everyBitOfClientKeyIdAndValueCounts() {
    let good = ticket(4).bytes
    for index in Array(1..<41) + Array(73..<105) {
      var gate = TicketGate(keys: [site])
      var bytes = good
      bytes[index] ^= 0x01
      let expected = (33..<41).contains(index) ? "unknown key" : "wrong value"
      #expect(outcome(&gate, TicketPayload(bytes)!.text) == expected)
    }
  }

  @Test func pointsOfLowOrderAreRefused() {
    var gate = TicketGate(keys: [site])
    for point in [[UInt8](repeating: 0, count: 32), [1] + [UInt8](repeating: 0, count: 31)] {
      var bytes = ticket(4).bytes
      bytes.replaceSubrange(1..<33, with: point)
      #expect(outcome(&gate, TicketPayload(bytes)!.text) == "wrong value")
    }
  }

  @Test func whatIsNoTicketCostsNothing() {
    var gate = TicketGate(keys: [site])
    let text = ticket(5).text
    for broken in ["", String(text.dropLast(80)), "B" + text.dropFirst(), text + "=", text.replacing("A", with: "+")] {
      #expect(outcome(&gate, broken) == "none")
    }
    #expect(gate.figures.wrong == 0)
  }

  @Test func aNetworkThatAsksTooOftenWaitsAndOthersDoNot() {
    var limits = TicketLimits()
    limits.burst = 3
    limits.perSecond = 1
    var gate = TicketGate(keys: [site], limits: limits)
    for seed in 10..<13 { #expect(outcome(&gate, ticket(UInt64(seed)).text) == "admitted") }
    #expect(outcome(&gate, ticket(20).text) == "over rate")
    let other = gate.judge(
      [ticket(21).text], from: NetworkPrefix(address: [192, 0, 3, 1]), unixSeconds: noon, now: 0)
    #expect((try? other?.get()) != nil)
    #expect(outcome(&gate, ticket(20).text, now: 1_100_000_000) == "admitted")
  }

  @Test func usedTicketsAreKnownAfterARestart() throws {
    var limits = TicketLimits()
    limits.burst = 10_000
    var gate = TicketGate(keys: [site], limits: limits)
    var disk: [String: [UInt8]] = [:]
    let tickets = (100..<700).map { ticket(UInt64($0), hours: Int64($0 % 3) - 1) }
    for ticket in tickets {
      let admitted = try #require(
        try gate.judge([ticket.text], from: network, unixSeconds: noon, now: 0)?.get())
      disk[admitted.record.key] = admitted.record.bytes
      #expect(admitted.record.bytes.count <= 4105)
    }
    var restarted = TicketGate(keys: [site], limits: limits)
    #expect(restarted.restore(from: disk, unixSeconds: noon) == [])
    #expect(restarted.remembered == 600)
    for ticket in tickets { #expect(outcome(&restarted, ticket.text) == "replayed") }
    #expect(outcome(&restarted, ticket(9).text) == "admitted")
  }

  @Test func recordsOfAnOlderHourInTheSamePlaceAreNotMixedIn() throws {
    var limits = TicketLimits()
    limits.burst = 10_000
    var disk: [String: [UInt8]] = [:]
    var gate = TicketGate(keys: [site], limits: limits)
    for seed in 100..<400 {
      let admitted = try gate.judge([ticket(UInt64(seed)).text], from: network, unixSeconds: noon, now: 0)?.get()
      disk[admitted!.record.key] = admitted!.record.bytes
    }
    let later = noon + 8 * 3600
    let admitted = try gate.judge([ticket(9, hours: 8).text], from: network, unixSeconds: later, now: 0)?.get()
    disk[admitted!.record.key] = admitted!.record.bytes
    var restarted = TicketGate(keys: [site], limits: limits)
    #expect(restarted.restore(from: disk, unixSeconds: noon) == [])
    #expect(restarted.remembered == 1)
  }

  @Test func `A memory that cannot be read refuses whatever may have been used`() {
    var gate = TicketGate(keys: [site])
    _ = gate.restore(nil, unixSeconds: noon)
    gate.restoreFailed(unixSeconds: noon)
    #expect(gate.restoreKey == nil)
    for hours in Int64(-1)...1 { #expect(outcome(&gate, ticket(20, hours: hours).text) == "memory unread") }
    #expect(outcome(&gate, ticket(21, hours: 2).text, hours: 2) == "admitted")
  }

  @Test func `What another gate has admitted since is known after the memory was read again`() throws {
    var disk: [String: [UInt8]] = [:]
    var (old, new) = (TicketGate(keys: [site]), TicketGate(keys: [site]))
    func admit(_ gate: inout TicketGate, _ seed: UInt64, hours: Int64 = 0) throws {
      let now = noon + 3600 * hours
      let admitted = try gate.judge([ticket(seed, hours: hours).text], from: network, unixSeconds: now, now: 0)?.get()
      let record = try #require(admitted).record
      disk[record.key] = record.bytes
    }
    for seed in 30..<40 { try admit(&old, UInt64(seed)) }
    #expect(new.restore(from: disk, unixSeconds: noon) == [])
    for seed in 40..<50 { try admit(&old, UInt64(seed)) }
    try admit(&old, 50, hours: 8)
    new.restoreAgain()
    #expect(new.restore(from: disk, unixSeconds: noon) == [])
    #expect(outcome(&new, ticket(50, hours: 8).text, hours: 8) == "replayed")
    try admit(&new, 51, hours: 8)
    #expect(disk.values.first { $0.count == 9 + 16 * 2 } != nil)
  }

  @Test func `A damaged record refuses the tickets of its hour and no others`() throws {
    func restored(_ damage: (inout [UInt8]) -> Void) throws -> (TicketGate, isWhole: Bool) {
      var gate = TicketGate(keys: [site])
      let used = try #require(try gate.judge([ticket(9).text], from: network, unixSeconds: noon, now: 0)?.get())
      var bytes = used.record.bytes
      damage(&bytes)
      var restarted = TicketGate(keys: [site])
      let damaged = restarted.restore(from: [used.record.key: bytes], unixSeconds: noon)
      return (restarted, damaged.isEmpty)
    }
    let damages: [(inout [UInt8]) -> Void] = [
      { $0[0] = 2 }, { $0[8] ^= 1 }, { $0.removeLast() }, { $0 = [] }, { $0.append(0) },
      { $0 += [UInt8](repeating: 0, count: 16 * 256) },
    ]
    for damage in damages {
      var (gate, isWhole) = try restored(damage)
      #expect(!isWhole)
      #expect(outcome(&gate, ticket(9).text) == "memory unread")
      #expect(outcome(&gate, ticket(10).text) == "memory unread")
      #expect(outcome(&gate, ticket(11, hours: 1).text) == "admitted")
      #expect(outcome(&gate, ticket(12, hours: 8).text, hours: 8) == "admitted")
      #expect(gate.remembered == 2)
    }
    var (gate, isWhole) = try restored { _ in }
    #expect(isWhole)
    #expect(outcome(&gate, ticket(9).text) == "replayed")
    #expect(outcome(&gate, ticket(10).text) == "admitted")
  }

  @Test func `A record behind one that lost tickets is damage too`() throws {
    var limits = TicketLimits()
    limits.burst = 10_000
    var gate = TicketGate(keys: [site], limits: limits)
    var disk: [String: [UInt8]] = [:]
    for seed in 100..<400 {
      let admitted = try gate.judge([ticket(UInt64(seed)).text], from: network, unixSeconds: noon, now: 0)?.get()
      disk[admitted!.record.key] = admitted!.record.bytes
    }
    let first = try #require(disk.keys.min())
    disk[first]?.removeLast(16)
    var restarted = TicketGate(keys: [site], limits: limits)
    let damaged = restarted.restore(from: disk, unixSeconds: noon)
    #expect(damaged == [try #require(disk.keys.max())])
    #expect(outcome(&restarted, ticket(100).text) == "memory unread")
  }

  @Test func `Reading nonsense comes to an end and refuses what may have been used`() {
    var random = SeededGenerator(5)
    var gate = TicketGate(keys: [site])
    var (reads, damaged) = (0, 0)
    while gate.restoreKey != nil, reads < 10_000 {
      let isWhole = gate.restore(random.bytes(Int.random(in: 0...60, using: &random)), unixSeconds: noon)
      damaged += isWhole ? 0 : 1
      reads += 1
    }
    #expect(reads < 10_000)
    #expect(damaged == 3)
    for hours in Int64(-1)...1 { #expect(outcome(&gate, ticket(9, hours: hours).text) == "memory unread") }
    #expect(outcome(&gate, ticket(9, hours: 2).text, hours: 2) == "admitted")
  }

  @Test func theMemoryIsBoundedAndAFullOneRefuses() {
    var limits = TicketLimits()
    limits.perHour = 4
    var gate = TicketGate(keys: [site], limits: limits)
    for seed in 10..<14 { #expect(outcome(&gate, ticket(UInt64(seed)).text) == "admitted") }
    #expect(outcome(&gate, ticket(14).text) == "memory full")
    #expect(gate.remembered == 4)
  }

  @Test func aGateWithTwoKeysTakesTicketsForBoth() {
    let next = TicketKey(secret: TicketKey.makeSecret(from: .seeded(2)))!
    var gate = TicketGate(keys: [site, next])
    let other = IssuedTicket(for: next.publicKey, policy: .standard, unixSeconds: noon, random: .seeded(8))!
    #expect(outcome(&gate, ticket(1).text) == "admitted")
    #expect(outcome(&gate, other.payload.text) == "admitted")
  }
}
