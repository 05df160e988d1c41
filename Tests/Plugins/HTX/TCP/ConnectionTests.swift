// SPDX-License-Identifier: Apache-2.0
import HTXSite
import HTXTickets
import MeshCrypto
import TestSupport
import Testing

@testable import HTXTCP

@Suite struct HTXConnectionTests {
  private let key = TicketKey(secret: TicketKey.makeSecret(from: .seeded(1)))!
  private let noon: Int64 = 500_000 * 3600

  private func ticket(_ carrier: TicketCarrier = .cookie, hours: Int64 = 0, seed: UInt64 = 2) -> IssuedTicket {
    let policy = TicketPolicy(shares: [carrier: 1000], padding: 24...64)!
    return IssuedTicket(
      for: key.publicKey, policy: policy, unixSeconds: noon + 3600 * hours, random: .seeded(seed))!
  }

  private func site() throws -> Site { try Site(folder: nil, started: 1000) }

  /// Moves bytes both ways until nobody has any.
  private func run(_ client: ClientConnection, _ server: ServerConnection, _ handler: RecordingHandler) {
    var isMoving = true
    while isMoving {
      isMoving = false
      while let bytes = client.send() {
        isMoving = true
        #expect(server.receive(bytes))
      }
      if !handler.isSettled {
        handler.isSettled = true
        isMoving = true
        server.settle(admitted: true)
      }
      while let bytes = server.send() {
        isMoving = true
        #expect(client.receive(bytes))
      }
    }
  }

  /// A peer that says nothing, as one of an older version, gets no padding.
  @Test(arguments: [true, false], [true, false])
  func eachEndIsToldWhetherTheOtherTakesPadding(nearTakes: Bool, farTakes: Bool) throws {
    let (near, far) = (RecordingHandler(), RecordingHandler())
    defer { withExtendedLifetime((near, far)) {} }
    far.gate = TicketGate(keys: [key])
    near.isPaddingTaken = nearTakes
    far.isPaddingTaken = farTakes
    let server = try #require(ServerConnection(site(), far, clock: { 0 }))
    let target = ClientTarget(authority: "example.org", path: "/", cookie: "__Host-session")
    let client = try #require(ClientConnection(target, ticket(.cookie), near))
    run(client, server, far)
    #expect(near.isOpen && far.isOpen)
    #expect(near.mayPadAtOpening == farTakes && far.mayPadAtOpening == nearTakes)
  }

  @Test(arguments: TicketCarrier.allCases)
  func aTicketInAnyCarrierOpensAllLanesAndBytesGoBothWays(_ carrier: TicketCarrier) throws {
    let (near, far) = (RecordingHandler(), RecordingHandler())
    defer { withExtendedLifetime((near, far)) {} }
    far.gate = TicketGate(keys: [key])
    let server = try #require(ServerConnection(site(), far, clock: { 0 }))
    let target = ClientTarget(authority: "example.org", path: "/", cookie: "__Host-session")
    let client = try #require(ClientConnection(target, ticket(carrier), near))
    run(client, server, far)
    #expect(near.isOpen && far.isOpen)
    #expect(far.verdicts == ["admitted"])
    var random = SeededGenerator(4)
    var sent: [[UInt8]] = []
    for lane in 0..<LaneNumbers.count {
      sent.append(random.bytes(200_000 + lane))
      near.waiting[lane] = sent[lane]
      far.waiting[lane] = sent[lane].reversed()
      client.resume(lane)
      server.resume(lane)
    }
    run(client, server, far)
    #expect(far.arrived == sent)
    #expect(near.arrived == sent.map { $0.reversed() })
    near.isClosing = true
    for lane in 0..<LaneNumbers.count { client.resume(lane) }
    run(client, server, far)
    #expect(far.ends.count == 1)
  }

  @Test func withoutATicketALaneIsAnsweredAsByTheSite() throws {
    let (near, far) = (RecordingHandler(), RecordingHandler())
    defer { withExtendedLifetime((near, far)) {} }
    far.gate = TicketGate(keys: [key])
    let server = try #require(ServerConnection(site(), far, clock: { 0 }))
    let target = ClientTarget(authority: "example.org", path: "/", cookie: "__Host-session")
    let client = try #require(ClientConnection(target, ticket(hours: 5), near))
    run(client, server, far)
    // The lane's body has to end before a stranger is answered.
    near.isClosing = true
    for lane in 0..<LaneNumbers.count { client.resume(lane) }
    run(client, server, far)
    #expect(!near.isOpen && !far.isOpen)
    guard case .refused(405)? = near.ends.first else {
      Issue.record("\(near.ends)")
      return
    }
  }

  /// The same request to a site with tickets and to a site that has never heard of them, byte for byte.
  @Test func everyFailureOfATicketIsAnsweredExactlyAsTheSiteAlwaysAnswers() throws {
    let good = ticket(seed: 50)
    var wrong = good.payload.bytes
    wrong[80] ^= 1
    var unknown = good.payload.bytes
    unknown[35] ^= 1
    let text = ticket(seed: 51).payload.text
    let kinds: [(String, String, String)] = [
      ("wrong value", "cookie", TicketPayload(wrong)!.text), ("unknown key", "cookie", TicketPayload(unknown)!.text),
      ("wrong value", "query", ticket(hours: -3, seed: 52).payload.text),
      ("wrong value", "body", ticket(hours: 3, seed: 53).payload.text), ("replayed", "cookie", good.payload.text),
      ("replayed", "query", good.payload.text), ("replayed", "body", good.payload.text),
      ("none", "cookie", String(text.dropLast(60))), ("none", "query", text + "="),
      ("none", "body", "B" + text.dropFirst()),
      ("over rate", "cookie", text), ("none", "put", text),
    ]
    for (expected, carrier, value) in kinds {
      let handler = RecordingHandler()
      var limits = TicketLimits()
      if expected == "over rate" { limits.burst = 1 }
      var gate = TicketGate(keys: [key], limits: limits)
      _ = gate.judge(
        [good.payload.text], from: NetworkPrefix(address: [192, 0, 2, 1]), unixSeconds: noon, now: 0)
      handler.gate = gate
      var answers: [[[UInt8]]] = []
      for handler in [handler, LaneHandler()] {
        defer { withExtendedLifetime(handler) {} }
        let server = try #require(ServerConnection(site(), handler, clock: { 784_111_777 }))
        let client = RawClient()
        let pieces =
          switch carrier {
          case "cookie": client.ask(server, [(":method", "GET"), (":path", "/"), ("cookie", "id=\(value)")])
          case "query": client.ask(server, [(":method", "GET"), (":path", "/x?bn1=\(value)")])
          case "put":
            client.ask(server, [(":method", "PUT"), (":path", "/")], form: "bn1=\(value)")
          default:
            client.ask(
              server,
              [(":method", "POST"), (":path", "/"), ("content-type", "application/x-www-form-urlencoded")],
              form: "bn1=\(value)")
          }
        answers.append(pieces)
      }
      #expect(answers[0] == answers[1], "\(expected) in \(carrier)")
      #expect(answers[0].joined().count > 100)
      #expect(handler.verdicts == [expected], "\(carrier)")
    }
  }

  @Test func aTicketThatCannotBeStoredOpensNothing() throws {
    let far = RecordingHandler()
    defer { withExtendedLifetime(far) {} }
    far.gate = TicketGate(keys: [key])
    let server = try #require(ServerConnection(site(), far, clock: { 784_111_777 }))
    let client = RawClient()
    let fields = [(":method", "GET"), (":path", "/"), ("cookie", "id=\(ticket().payload.text)")]
    #expect(client.ask(server, fields).joined().count < 200)
    server.settle(admitted: false)
    let lane = client.ask(server, [(":method", "POST"), (":path", "/?c=0")], form: "x")
    #expect(lane.joined().count > 100)
    #expect(!far.isOpen)
  }

  @Test func floodsEndTheConnectionAndNotTheProcess() throws {
    // Settings, pings, resets and continuations without end (RFC 9113, 10.5).
    let preface = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8) + [0, 0, 0, 4, 0, 0, 0, 0, 0]
    let head: [UInt8] = [0x82, 0x84, 0x87, 0x41, 0x01, 0x61]
    func frame(_ type: UInt8, _ flags: UInt8, _ stream: UInt32, _ body: [UInt8]) -> [UInt8] {
      [0, UInt8(body.count >> 8), UInt8(body.count & 255), type, flags]
        + withUnsafeBytes(of: stream.bigEndian) { Array($0) }
        + body
    }
    let floods: [(UInt32) -> [UInt8]] = [
      { _ in frame(4, 0, 0, []) }, { _ in frame(6, 0, 0, [UInt8](repeating: 0, count: 8)) },
      { frame(1, 5, 2 * $0 + 1, head) + frame(3, 0, 2 * $0 + 1, [0, 0, 0, 8]) },
      { $0 == 0 ? frame(1, 0, 1, head) : frame(9, 0, 1, [0x00, 0x01, 0x61, 0x01, 0x61]) },
      { frame(1, 5, 2 * $0 + 1, head + [UInt8](repeating: 0x84, count: 16_000)) },
    ]
    for (number, flood) in floods.enumerated() {
      let handler = LaneHandler()
      defer { withExtendedLifetime(handler) {} }
      let server = try #require(ServerConnection(site(), handler, clock: { 0 }))
      #expect(preface.withUnsafeBytes { server.receive($0) })
      var isOpen = true
      for index in 0..<20_000 where isOpen {
        isOpen = flood(UInt32(index)).withUnsafeBytes { server.receive($0) } && server.isAlive
        // What is written is read by somebody, but for the answers to pings and settings.
        if number > 1 { while server.send() != nil {} }
      }
      #expect(!isOpen, "flood \(number)")
      #expect(server.pending <= 256)
    }
  }

  @Test func headsThatAreNeverFollowedByTheirBodiesAreBounded() throws {
    let handler = LaneHandler()
    defer { withExtendedLifetime(handler) {} }
    let server = try #require(ServerConnection(site(), handler, clock: { 0 }))
    let client = RawClient()
    var isOpen = true
    for index in 0..<120 where isOpen {
      let fields = [(":scheme", "https"), (":authority", "a"), (":method", "POST"), (":path", "/\(index)")]
      _ = client.connection.ask(fields + [("x-filler", String(repeating: "z", count: 12_000))], hasBody: true)
      while isOpen, let bytes = client.connection.send() { isOpen = server.receive(bytes) }
    }
    #expect(!isOpen)
  }

  @Test func anyBytesAreTakenWithoutATrap() throws {
    var random = SeededGenerator(12)
    for _ in 0..<300 {
      let handler = RecordingHandler()
      defer { withExtendedLifetime(handler) {} }
      let server = try #require(ServerConnection(site(), handler, clock: { 0 }))
      var bytes = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8) + [0, 0, 0, 4, 0, 0, 0, 0, 0]
      bytes += random.bytes(Int.random(in: 0...300, using: &random))
      _ = bytes.withUnsafeBytes { server.receive($0) }
      while server.send() != nil {}
    }
  }
}
