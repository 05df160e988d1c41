// SPDX-License-Identifier: Apache-2.0
import HTXSite
import HTXTickets
import MeshCrypto
import TestSupport
import Testing

@testable import HTXTCP

/// Lanes that are asked for right behind the ticket, over HTTP/2.
@Suite struct HTXEarlyLaneOverTCPTests {
  private let key = TicketKey(secret: TicketKey.makeSecret(from: .seeded(1)))!
  private let target = ClientTarget(authority: "example.org", path: "/", cookie: "__Host-session")

  private func ticket(_ carrier: TicketCarrier = .cookie, hours: Int64 = 0) -> IssuedTicket {
    IssuedTicket(
      for: key.publicKey, policy: TicketPolicy(shares: [carrier: 1000], padding: 24...64)!,
      unixSeconds: 500_000 * 3600 + 3600 * hours, random: .seeded(2))!
  }

  /// All that one end has to say, to the other.
  private func pass(_ send: () -> UnsafeRawBufferPointer?, _ receive: (UnsafeRawBufferPointer) -> Bool) -> [UInt8] {
    var all: [UInt8] = []
    while let bytes = send() {
      all += bytes
      #expect(receive(bytes))
    }
    return all
  }

  @Test(arguments: TicketCarrier.allCases)
  func aLinkTakesOneRoundTrip(_ carrier: TicketCarrier) throws {
    let (near, far) = (RecordingHandler(), RecordingHandler())
    defer { withExtendedLifetime((near, far)) {} }
    far.gate = TicketGate(keys: [key])
    let server = try #require(ServerConnection(Site(folder: nil, started: 1000), far, clock: { 0 }))
    let client = try #require(ClientConnection(target, ticket(carrier), near))
    _ = pass(client.send, server.receive)
    _ = pass(server.send, client.receive)
    #expect(far.verdicts == ["admitted"] && !far.isOpen && !near.isOpen)
    server.settle(admitted: true)
    #expect(far.isOpen)
    _ = pass(server.send, client.receive)
    #expect(near.isOpen && near.ends.isEmpty)
  }

  @Test func lanesBehindATicketThatIsNotStoredAreRefused() throws {
    let (near, far) = (RecordingHandler(), RecordingHandler())
    defer { withExtendedLifetime((near, far)) {} }
    far.gate = TicketGate(keys: [key])
    let server = try #require(ServerConnection(Site(folder: nil, started: 1000), far, clock: { 0 }))
    let client = try #require(ClientConnection(target, ticket(), near))
    _ = pass(client.send, server.receive)
    server.settle(admitted: false)
    for _ in 0..<3 {
      _ = pass(server.send, client.receive)
      _ = pass(client.send, server.receive)
    }
    #expect(!near.isOpen && !far.isOpen)
    guard case .refused(405)? = near.ends.first else {
      Issue.record("\(near.ends)")
      return
    }
  }

  /// The same flight to a site with tickets and to a site that has never heard of them, byte for byte.
  @Test func lanesBesideABadTicketAreAnsweredExactlyAsWithoutTickets() throws {
    let far = RecordingHandler()
    far.gate = TicketGate(keys: [key])
    var answers: [[UInt8]] = []
    for handler in [far, LaneHandler()] {
      let near = RecordingHandler()
      defer { withExtendedLifetime((handler, near)) {} }
      let server = try #require(ServerConnection(Site(folder: nil, started: 1000), handler, clock: { 784_111_777 }))
      let client = try #require(ClientConnection(target, ticket(hours: 5), near))
      var answer: [UInt8] = []
      for _ in 0..<4 {
        _ = pass(client.send, server.receive)
        answer += pass(server.send, client.receive)
      }
      #expect(!near.isOpen && near.ends.count == 1)
      answers.append(answer)
    }
    #expect(answers[0] == answers[1] && answers[0].count > 1000)
    #expect(!far.isOpen && far.verdicts.contains("wrong value"))
  }

  @Test func lanesThatWereTooEarlyForTheServerAreAskedForAgainOnce() throws {
    for isClosed in [false, true] {
      let near = RecordingHandler()
      let hasty = HastyStreams(isClosed: isClosed)
      defer { withExtendedLifetime((near, hasty)) {} }
      let client = try #require(ClientConnection(target, ticket(), near))
      for _ in 0..<4 {
        _ = pass(client.send) { hasty.connection.receive($0) }
        _ = pass({ hasty.connection.send() }, client.receive)
      }
      #expect(near.isOpen == !isClosed && near.ends.isEmpty == !isClosed)
      #expect(hasty.refused == (isClosed ? 2 : 1) * LaneNumbers.count)
    }
  }

  @Test func oneLaneThatIsAskedForAgainAndAgainIsNoLink() throws {
    let far = RecordingHandler()
    defer { withExtendedLifetime(far) {} }
    far.gate = TicketGate(keys: [key])
    let server = try #require(ServerConnection(Site(folder: nil, started: 1000), far, clock: { 0 }))
    let events = HTTP2Events()
    let client = try #require(HTTP2Connection(isServer: false, events))
    func ask(_ method: String, _ path: String, _ more: [(String, String)] = []) throws -> Int32 {
      let fields = [(":method", method), (":scheme", "https"), (":authority", "example.org"), (":path", path)] + more
      let stream = try #require(client.ask(fields, hasBody: method == "POST"))
      _ = pass(client.send, server.receive)
      return stream
    }
    _ = try ask("GET", "/", [("cookie", "id=\(ticket().payload.text)")])
    server.settle(admitted: true)
    for _ in 0..<LaneNumbers.count {
      client.reset(try ask("POST", "/?c=0"), .none)
      _ = pass(client.send, server.receive)
    }
    #expect(far.verdicts.first == "admitted" && !far.isOpen && far.ends.count == 1)
  }
}
