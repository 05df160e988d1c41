// SPDX-License-Identifier: Apache-2.0
import HTXHTTP3
import HTXLanes
import HTXQUIC
import HTXTCP
import HTXTestNetwork
import HTXTickets
import MeshCrypto
import TestSupport
import Testing

@Suite struct HTXLaneTests {
  private let key = TicketKey(secret: TicketKey.makeSecret(from: .seeded(1)))!
  private let noon: Int64 = 500_000 * 3600

  private func ticket(_ carrier: TicketCarrier = .cookie, hours: Int64 = 0, seed: UInt64 = 2) -> IssuedTicket {
    let policy = TicketPolicy(shares: [carrier: 1000], padding: 24...64)!
    return IssuedTicket(
      for: key.publicKey, policy: policy, unixSeconds: noon + 3600 * hours, random: .seeded(seed))!
  }

  private func pair(seed: UInt64 = 1) throws -> LanePair {
    let pair = try LanePair(seed: seed)
    pair.far.gate = TicketGate(keys: [key])
    return pair
  }

  @Test(arguments: TicketCarrier.allCases)
  func aTicketInAnyCarrierOpensAllLanesAndBytesGoBothWaysOverABadNetwork(_ carrier: TicketCarrier) throws {
    let pair = try pair(seed: 3)
    let client = try #require(pair.link(ticket(carrier)))
    #expect(pair.near.isOpen && pair.far.isOpen)
    #expect(pair.far.verdicts == ["admitted"])
    pair.network.faults = .init(loss: 30, duplication: 10, reordering: 100)
    var random = SeededGenerator(4)
    let sent = (0..<LaneNumbers.count).map { random.bytes(80_000 + $0) }
    for lane in 0..<LaneNumbers.count {
      for start in stride(from: 0, to: sent[lane].count, by: 9000) {
        let piece = Array(sent[lane][start..<min(start + 9000, sent[lane].count)])
        pair.near.send(lane, piece)
        pair.far.send(lane, piece)
      }
      client.resume(lane)
      pair.laneServer?.resume(lane)
    }
    let total = sent.reduce(0) { $0 + $1.count }
    func arrived(_ end: RecordingLender) -> Int { end.arrived.reduce(0) { $0 + $1.count } }
    #expect(pair.network.run(until: { arrived(pair.near) == total && arrived(pair.far) == total }))
    #expect(pair.near.arrived == sent && pair.far.arrived == sent)
    #expect(pair.network.run(until: { (pair.near.lent + pair.far.lent).allSatisfy { $0 == 0 } }))
    pair.near.isClosing = true
    for lane in 0..<LaneNumbers.count { client.resume(lane) }
    #expect(pair.network.run(until: { !pair.far.ends.isEmpty }))
    guard case .closed? = pair.far.ends.first else {
      Issue.record("\(pair.far.ends)")
      return
    }
  }

  /// A peer that says nothing, as one of an older version, gets no padding.
  @Test(arguments: [true, false], [true, false])
  func eachEndIsToldWhetherTheOtherTakesPadding(nearTakes: Bool, farTakes: Bool) throws {
    let pair = try pair(seed: 5)
    pair.near.isPaddingTaken = nearTakes
    pair.far.isPaddingTaken = farTakes
    _ = try #require(pair.link(ticket(.cookie)))
    #expect(pair.near.isOpen && pair.far.isOpen)
    #expect(pair.near.mayPadAtOpening == farTakes && pair.far.mayPadAtOpening == nearTakes)
  }

  @Test func aLaneThatNobodyReadsHoldsUpNoOther() throws {
    let pair = try pair()
    let client = try #require(pair.link(ticket()))
    pair.far.isTaking = { $0 != 4 }
    for _ in 0..<100 { pair.near.send(4, [UInt8](repeating: 7, count: 60_000)) }
    client.resume(4)
    // Frames of HTTP/3 take a little of the window.
    let window = Int(LaneNumbers.window)
    #expect(pair.network.run(until: { pair.far.arrived[4].count > window - 1000 }))
    pair.network.run(seconds: 2, until: { false })
    #expect(pair.far.arrived[4].count < window)
    pair.near.send(1, [1, 2, 3])
    client.resume(1)
    #expect(pair.network.run(until: { pair.far.arrived[1] == [1, 2, 3] }))
    pair.far.isTaking = { _ in true }
    pair.laneServer?.consume(4, pair.far.arrived[4].count)
    #expect(pair.network.run(until: { pair.far.arrived[4].count == 100 * 60_000 }))
  }

  @Test func withoutATicketALaneIsAnsweredAsByTheSite() throws {
    let pair = try pair()
    let client = try #require(pair.link(ticket(hours: 5)))
    // The lane's body has to end before a stranger is answered.
    pair.near.isClosing = true
    for lane in 0..<LaneNumbers.count { client.resume(lane) }
    #expect(pair.network.run(until: { !pair.near.ends.isEmpty }))
    #expect(!pair.near.isOpen && !pair.far.isOpen)
    guard case .refused(405)? = pair.near.ends.first else {
      Issue.record("\(pair.near.ends)")
      return
    }
  }

  @Test func aTicketThatCannotBeStoredOpensNothing() throws {
    let pair = try pair()
    let client = try #require(pair.link(ticket(), admitted: false))
    pair.near.isClosing = true
    for lane in 0..<LaneNumbers.count { client.resume(lane) }
    #expect(pair.network.run(until: { !pair.near.ends.isEmpty }))
    #expect(!pair.far.isOpen)
  }

  /// What a visitor gets, and the sizes of the packets that bring it.
  private func answer(_ pair: LanePair, _ visitor: Visitor) throws -> (fields: [HTTPField], body: [UInt8], sizes: [Int])
  {
    let http3 = HTTP3Connection(isServer: false, visitor, requestStreams: 0)
    _ = try #require(pair.dial(http3))
    #expect(pair.network.run(until: { visitor.isOpen }))
    // Whatever the handshake leaves behind is gone by then.
    pair.network.run(seconds: 2, until: { false })
    pair.sizes = []
    visitor.ask()
    #expect(pair.network.run(until: { visitor.isWhole }))
    pair.network.run(seconds: 2, until: { false })
    return (visitor.head?.fields ?? [], visitor.body, pair.sizes ?? [])
  }

  /// The same request to a site with tickets and to a site that has never heard of them.
  @Test func everyFailureOfATicketIsAnsweredExactlyAsTheSiteAlwaysAnswers() throws {
    let good = ticket(seed: 50)
    var wrong = good.payload.bytes
    wrong[80] ^= 1
    let text = ticket(seed: 51).payload.text
    let kinds: [(String, String, String)] = [
      ("wrong value", "cookie", TicketPayload(wrong)!.text),
      ("wrong value", "query", ticket(hours: -3, seed: 52).payload.text),
      ("wrong value", "body", ticket(hours: 3, seed: 53).payload.text), ("replayed", "cookie", good.payload.text),
      ("replayed", "query", good.payload.text), ("replayed", "body", good.payload.text),
      ("none", "cookie", String(text.dropLast(60))), ("over rate", "cookie", text), ("none", "put", text),
    ]
    for (expected, carrier, value) in kinds {
      var limits = TicketLimits()
      if expected == "over rate" { limits.burst = 1 }
      var gate = TicketGate(keys: [key], limits: limits)
      _ = gate.judge([good.payload.text], from: NetworkPrefix(address: [192, 0, 2, 9]), unixSeconds: noon, now: 0)
      let form = [HTTPField("content-type", "application/x-www-form-urlencoded")]
      func visitor() -> Visitor {
        switch carrier {
        case "cookie": Visitor("GET", "/", [HTTPField("cookie", "id=\(value)")])
        case "query": Visitor("GET", "/x?bn1=\(value)")
        case "put": Visitor("PUT", "/", form: "bn1=\(value)")
        default: Visitor("POST", "/", form, form: "bn1=\(value)")
        }
      }
      let judging = try LanePair()
      judging.far.gate = gate
      let first = try answer(judging, visitor())
      let second = try answer(LanePair(judges: false), visitor())
      #expect(first.fields == second.fields && first.body == second.body, "\(expected) in \(carrier)")
      #expect(first.sizes == second.sizes, "\(expected) in \(carrier)")
      #expect(first.body.count > 100 && !first.sizes.isEmpty)
      #expect(judging.far.verdicts == [expected], "\(carrier)")
    }
  }

  @Test func aHeadThatIsTooLongIsAnsweredAndNotServed() throws {
    let long = [HTTPField("x-filler", String(repeating: "z", count: 40_000))]
    let answer = try answer(pair(), Visitor("GET", "/", long))
    #expect(answer.fields.first(":status") == "400")
    let pair = try pair()
    let path = try self.answer(pair, Visitor("GET", "/" + String(repeating: "y", count: 9000)))
    #expect(path.fields.first(":status") == "404")
  }

  @Test func aServerWithAnotherKeyIsMissedAndToldSo() throws {
    let pair = try pair()
    let client = LaneClient(pair.near)
    let wrong = KeyPin([UInt8](repeating: 1, count: 32))!
    let made = pair.client.connect(
      to: pair.serverAddress, from: pair.clientAddress, PeerIdentity(name: "server", pins: [wrong]),
      client.makeConnection(), now: pair.network.now)
    #expect(made != nil)
    #expect(pair.network.run(until: { pair.near.missedReason != nil }))
    #expect(pair.near.missedReason?.distrust == .pin)
    #expect(!pair.near.hasReached)
  }

  @Test func aConnectionThatIsEndedAtOnceReturnsWhatWasLent() throws {
    let pair = try pair()
    let client = try #require(pair.link(ticket()))
    pair.near.send(3, [UInt8](repeating: 9, count: 50_000))
    client.resume(3)
    pair.network.run(seconds: 0.006, until: { false })
    let quic = try #require(pair.quic)
    pair.client.end(quic, error: HTTP3Connection.noError, now: pair.network.now)
    #expect(pair.near.reason?.kind == .application(code: HTTP3Connection.noError))
    #expect(pair.network.run(until: { pair.far.reason != nil }))
    #expect(pair.far.reason?.isByPeer == true)
  }
}
