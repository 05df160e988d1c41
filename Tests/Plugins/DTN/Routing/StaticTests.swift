// SPDX-License-Identifier: Apache-2.0
import BundleProtocol
import BundleRouting
import Testing

@Suite struct StaticTests {
  static func node(_ name: String) -> EndpointID { .dtn("//\(name)/") }

  @Test func theFirstRuleThatFitsAndTheFirstNeighbourThatIsThereCount() throws {
    let routing = StaticRouting([
      .init(try EndpointPattern("dtn://far/*"), to: [Self.node("a"), Self.node("b")]),
      .init(try EndpointPattern("*"), to: [Self.node("c")]),
    ])
    for (number, name) in [(1, "far"), (2, "else"), (3, "a")] as [(UInt64, String)] {
      routing.add(ReplicationTests.bundle(number, to: name), now: 0)
    }
    routing.connected(Self.node("b"), now: 0)
    #expect(routing.next(for: Self.node("b"), now: 0) == .bundle(sequence: 1, copies: nil))
    #expect(routing.next(for: Self.node("b"), now: 0) == nil)
    routing.disconnected(Self.node("b"), now: 0)
    routing.connected(Self.node("a"), now: 0)
    #expect(routing.next(for: Self.node("a"), now: 0) == .bundle(sequence: 1, copies: nil))
    #expect(routing.next(for: Self.node("a"), now: 0) == .bundle(sequence: 3, copies: nil))
    #expect(routing.accepted(1, by: Self.node("a"), now: 0) == .remove)
    routing.connected(Self.node("c"), now: 0)
    #expect(routing.next(for: Self.node("c"), now: 0) == .bundle(sequence: 2, copies: nil))
    routing.failed(2, for: Self.node("c"), now: 0)
    #expect(routing.next(for: Self.node("c"), now: 0) == nil)
    routing.tick(now: try #require(routing.nextRetry))
    #expect(routing.next(for: Self.node("c"), now: 10_000) == .bundle(sequence: 2, copies: nil))
  }

  /// What a neighbour does not want is not sent to it every ten seconds for the rest of its life.
  @Test(arguments: [RoutingKind.fixed, .epidemic, .contacts]) func whatIsRefusedIsAskedForMoreAndMoreSeldom(
    kind: RoutingKind
  ) throws {
    let routing = try kind.make(to: Self.node("a"), from: Self.node("b"))
    routing.add(ReplicationTests.bundle(1, to: "a", deadline: 1 << 50), now: 0)
    routing.connected(Self.node("a"), now: 0)
    var now: UInt64 = 0
    var times: [UInt64] = []
    while now < 86_400_000 {
      while let step = routing.next(for: Self.node("a"), now: now) {
        guard case .bundle(1, _) = step else { continue }
        times.append(now)
        routing.refused(1, for: Self.node("a"), now: now)
      }
      now = max(now + 1000, min(routing.nextRetry ?? .max, 86_400_000))
      routing.tick(now: now)
    }
    #expect(times.count >= 24, "it is asked for at least once an hour: \(times)")
    #expect(times.count < 40, "\(times)")
    let gaps = zip(times, times.dropFirst()).map { $1 - $0 }
    #expect(gaps.allSatisfy { $0 <= 3_601_000 })
    // What fails for another reason does not wait for it.
    guard kind != .contacts else { return }
    routing.add(ReplicationTests.bundle(2, to: "a", deadline: 1 << 50), now: now)
    #expect(routing.next(for: Self.node("a"), now: now) == .bundle(sequence: 2, copies: nil))
    routing.failed(2, for: Self.node("a"), now: now)
    let next = try #require(routing.nextRetry)
    #expect(next <= now + 10_000)
    routing.tick(now: next)
    #expect(routing.next(for: Self.node("a"), now: next) == .bundle(sequence: 2, copies: nil))
    // A neighbour that comes anew is asked at once.
    routing.disconnected(Self.node("a"), now: next)
    routing.connected(Self.node("a"), now: next)
    var again: Set<UInt64> = []
    for time in [next, next + 6000] {
      routing.tick(now: time)
      while let step = routing.next(for: Self.node("a"), now: time) {
        if case .bundle(let sequence, _) = step { again.insert(sequence) }
      }
    }
    #expect(again == [1, 2])
  }

  @Test func nothingGoesBackToWhereItCameFrom() throws {
    let routing = StaticRouting([.init(try EndpointPattern("*"), to: [Self.node("a")])])
    routing.add(ReplicationTests.bundle(1, to: "far", from: "a"), now: 0)
    routing.connected(Self.node("a"), now: 0)
    #expect(routing.next(for: Self.node("a"), now: 0) == nil)
  }

  @Test func aTableHasOneProtocolForEachKindOfDestination() throws {
    let table = RoutingTable([
      .init(
        try EndpointPattern("dtn://fixed/*"), StaticRouting([.init(try EndpointPattern("*"), to: [Self.node("a")])])),
      .init(try EndpointPattern("*"), ReplicationRouting(.epidemic)),
    ])
    let peer = RoutingTable([
      .init(try EndpointPattern("dtn://fixed/*"), StaticRouting([])),
      .init(try EndpointPattern("*"), ReplicationRouting(.epidemic)),
    ])
    table.add(ReplicationTests.bundle(1, to: "fixed"), now: 0)
    table.add(ReplicationTests.bundle(2, to: "far"), now: 0)
    table.connected(Self.node("a"), now: 0)
    peer.connected(Self.node("me"), now: 0)
    while case .message(let bytes)? = peer.next(for: Self.node("me"), now: 0) {
      #expect(try table.receive(bytes, from: Self.node("a"), now: 0).isEmpty)
    }
    var sequences: [UInt64] = []
    while let step = table.next(for: Self.node("a"), now: 0) {
      if case .bundle(let sequence, _) = step { sequences.append(sequence) }
    }
    #expect(sequences == [1, 2])
    #expect(table.accepted(1, by: Self.node("a"), now: 0) == .remove)
    #expect(table.accepted(2, by: Self.node("a"), now: 0) == .keepReplicated)
  }

  @Test func patternsAreAnEndpointOrItsBeginning() throws {
    #expect(try EndpointPattern("ipn:4.*").matches(EndpointID("ipn:4.7")))
    #expect(try !EndpointPattern("ipn:4.*").matches(EndpointID("ipn:40.7")))
    #expect(try EndpointPattern("dtn://a/x").matches(EndpointID("dtn://a/x")))
    #expect(try !EndpointPattern("dtn://a/x").matches(EndpointID("dtn://a/xy")))
    #expect(throws: BundleError.self) { try EndpointPattern("*//a") }
    #expect(throws: BundleError.self) { try EndpointPattern("http://a") }
  }
}

enum RoutingKind: CaseIterable {
  case fixed, epidemic, contacts

  /// A protocol on a node that always reaches another.
  func make(to neighbour: EndpointID, from node: EndpointID) throws -> any RoutingProtocol {
    switch self {
    case .fixed: StaticRouting([])
    case .epidemic: ReplicationRouting(.epidemic)
    case .contacts:
      ContactGraphRouting([Contact(from: node, to: neighbour, start: 0, end: 1 << 50, rate: 1000)], node: node)
    }
  }
}
