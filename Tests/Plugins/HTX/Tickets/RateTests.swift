// SPDX-License-Identifier: Apache-2.0
import MeshCrypto
import TestSupport
import Testing

@testable import HTXTickets

@Suite struct TicketRateTests {
  private let site = TicketKey(secret: TicketKey.makeSecret(from: .seeded(1)))!
  private let network = NetworkPrefix(address: [192, 0, 2, 1])
  private let other = NetworkPrefix(address: [192, 0, 3, 1])
  private let noon: Int64 = 500_000 * 3600 + 1800

  private func ticket(_ seed: UInt64, for key: TicketKey? = nil) -> TicketPayload {
    IssuedTicket(
      for: (key ?? site).publicKey, policy: .standard, unixSeconds: noon, random: .seeded(seed))!.payload
  }

  private func limits(burst: Int = 4, perSecond: Double = 1) -> TicketLimits {
    var limits = TicketLimits()
    (limits.burst, limits.perSecond) = (burst, perSecond)
    return limits
  }

  private func refusal(
    _ gate: inout TicketGate, _ ticket: TicketPayload, from network: NetworkPrefix, now: UInt64
  ) -> TicketRefusal? {
    guard case .failure(let refusal)? = gate.judge([ticket.text], from: network, unixSeconds: noon, now: now) else {
      return nil
    }
    return refusal
  }

  /// What somebody without a good ticket shows a thousand times a second.
  enum Nuisance: CaseIterable {
    case unknownKey, wrongValue, replayed
  }

  @Test(arguments: Nuisance.allCases)
  func `A thousand bad tickets a second leave the good ones of their network in peace`(_ nuisance: Nuisance) {
    var gate = TicketGate(keys: [site], limits: limits())
    let stranger = TicketKey(secret: TicketKey.makeSecret(from: .seeded(2)))!
    var bad = ticket(1, for: nuisance == .unknownKey ? stranger : nil)
    if nuisance == .wrongValue {
      var bytes = bad.bytes
      bytes[80] ^= 1
      bad = TicketPayload(bytes)!
    }
    if nuisance == .replayed { _ = refusal(&gate, bad, from: network, now: 0) }
    for millisecond in UInt64(1)...2000 {
      let now = millisecond * 1_000_000
      #expect(refusal(&gate, bad, from: network, now: now) != nil)
      if millisecond % 1000 == 500 { #expect(refusal(&gate, ticket(millisecond), from: network, now: now) == nil) }
    }
    #expect(gate.figures.admitted == (nuisance == .replayed ? 3 : 2))
    // What has an unknown key costs a key agreement as often as good tickets may, no more.
    if nuisance == .unknownKey { #expect(gate.figures.wrong <= 4 + 2) }
  }

  @Test func `The work for values with a known key is bounded for each network`() {
    var gate = TicketGate(keys: [site], limits: limits())
    var bytes = ticket(1).bytes
    bytes[80] ^= 1
    let bad = TicketPayload(bytes)!
    for _ in 0..<(2 * TicketRates.attempts) { #expect(refusal(&gate, bad, from: network, now: 0) != nil) }
    #expect(gate.figures.wrong == UInt64(TicketRates.attempts))
    #expect(gate.figures.overRate == UInt64(TicketRates.attempts))
    #expect(refusal(&gate, ticket(2), from: other, now: 0) == nil)
  }

  @Test func `The work for all networks together is bounded, and goes on a moment later`() {
    var gate = TicketGate(keys: [site], limits: limits())
    var bytes = ticket(1).bytes
    bytes[80] ^= 1
    let bad = TicketPayload(bytes)!
    for number in 0..<(3 * TicketRates.attemptsOfAll / 2) {
      let network = NetworkPrefix(address: [10, UInt8(number & 255), 0, 1])
      #expect(refusal(&gate, bad, from: network, now: 0) != nil)
    }
    #expect(gate.figures.wrong == UInt64(TicketRates.attemptsOfAll / 2))
    #expect(refusal(&gate, ticket(2), from: other, now: 0) == .overRate)
    #expect(refusal(&gate, ticket(2), from: other, now: 1_000_000) == nil)
  }

  @Test func `Good tickets are admitted up to the rate of their network, and none is lost by being over it`() {
    var gate = TicketGate(keys: [site], limits: limits(burst: 4, perSecond: 2))
    var refused: [TicketPayload] = []
    for number in UInt64(0)..<60 {
      let ticket = ticket(100 + number)
      if let refusal = refusal(&gate, ticket, from: network, now: number * 50_000_000) {
        #expect(refusal == .overRate)
        refused.append(ticket)
      }
      #expect(gate.figures.admitted <= 4 + number / 10)
    }
    #expect(gate.figures.admitted >= 9 && gate.figures.overRate == UInt64(refused.count))
    #expect(gate.remembered == Int(gate.figures.admitted))
    #expect(refusal(&gate, ticket(99), from: other, now: 3_000_000_000) == nil)
    for ticket in refused.prefix(4) { #expect(refusal(&gate, ticket, from: network, now: 60_000_000_000) == nil) }
  }
}
