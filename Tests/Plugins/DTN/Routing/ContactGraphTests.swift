// SPDX-License-Identifier: Apache-2.0
import BundleProtocol
import BundleRouting
import TestSupport
import Testing

@Suite struct ContactGraphTests {
  static func node(_ number: Int) -> EndpointID {
    .ipn(allocator: 0, node: UInt32(number), service: 0, isShort: true)
  }

  static func plan(_ generator: inout SeededGenerator, nodes: Int, contacts: Int, span: UInt64) -> [Contact] {
    (0..<contacts).map { _ in
      let from = Int.random(in: 1...nodes, using: &generator)
      let other = Int.random(in: 1..<nodes, using: &generator)
      let start = UInt64.random(in: 0..<span, using: &generator)
      return Contact(
        from: node(from), to: node(other < from ? other : other + 1), start: start,
        end: start + .random(in: 1...(span / 4), using: &generator), rate: .random(in: 1...20, using: &generator),
        delay: .random(in: 0...(span / 10), using: &generator))
    }
  }

  /// Tries every way that visits no node twice: the earliest arrival, and the fewest hops that reach it.
  static func exhaustive(_ graph: ContactGraph, _ request: ContactGraph.Request) -> (arrival: UInt64, hops: Int)? {
    var best: (arrival: UInt64, hops: Int)?
    func go(_ node: EndpointID, _ time: UInt64, _ hops: Int, _ visited: Set<EndpointID>) {
      for (index, contact) in graph.contacts.enumerated() where contact.from == node && !visited.contains(contact.to) {
        if hops == 0, request.excluded.contains(contact.to) { continue }
        guard let arrival = graph.arrival(through: index, at: time, size: request.size, priority: request.priority),
          arrival <= request.deadline
        else { continue }
        if contact.to == request.to {
          if best.map({ (arrival, hops + 1) < ($0.arrival, $0.hops) }) ?? true { best = (arrival, hops + 1) }
        } else {
          go(contact.to, arrival, hops + 1, visited.union([contact.to]))
        }
      }
    }
    go(request.from, request.now, 0, [request.from])
    return best
  }

  @Test func routesEqualAnExhaustiveSearchOnTenThousandRandomPlans() {
    var generator = SeededGenerator(7)
    var found = 0
    for round in 0..<10_000 {
      let nodes = Int.random(in: 2...6, using: &generator)
      let count = Int.random(in: 1...14, using: &generator)
      var graph = ContactGraph(Self.plan(&generator, nodes: nodes, contacts: count, span: 1000))
      for _ in 0..<3 {
        var request = ContactGraph.Request(
          from: Self.node(1), to: Self.node(nodes), size: .random(in: 1...3, using: &generator),
          now: .random(in: 0..<500, using: &generator), deadline: .random(in: 500...2500, using: &generator))
        request.priority = .random(in: 0...2, using: &generator)
        if round % 5 == 0 { request.excluded = [Self.node(2)] }
        let expected = Self.exhaustive(graph, request)
        let route = graph.route(request)
        #expect(route?.arrival == expected?.arrival, "plan \(round)")
        #expect(route?.contacts.count == expected?.hops, "plan \(round)")
        guard let route else { continue }
        found += 1
        var place = request.from
        var time = request.now
        for index in route.contacts {
          #expect(graph.contacts[index].from == place)
          place = graph.contacts[index].to
          time = graph.arrival(through: index, at: time, size: request.size, priority: request.priority) ?? .max
        }
        #expect(place == request.to && time == route.arrival)
        graph.book(route, size: request.size, priority: request.priority)
      }
    }
    #expect(found > 4000)
  }

  @Test func promisedRoomIsNotPromisedTwice() {
    let contacts = [Contact(from: Self.node(1), to: Self.node(2), start: 0, end: 10_000, rate: 100)]
    var graph = ContactGraph(contacts)
    var request = ContactGraph.Request(from: Self.node(1), to: Self.node(2), size: 300, now: 0)
    var arrivals: [UInt64] = []
    var last: ContactGraph.Route?
    while let route = graph.route(request) {
      arrivals.append(route.arrival)
      last = route
      graph.book(route, size: 300)
    }
    #expect(arrivals == [3000, 6000, 9000])
    // More urgent ones go before what was promised, less urgent ones behind it.
    request.priority = 2
    #expect(graph.route(request)?.arrival == 3000)
    request.priority = 0
    #expect(graph.route(request) == nil)
    if let last { graph.cancel(last, size: 300) }
    #expect(graph.route(request)?.arrival == 9000)
  }

  @Test func aBundleForAllRoutesGetsOneThroughEachNeighbour() {
    let graph = ContactGraph([
      Contact(from: Self.node(1), to: Self.node(2), start: 0, end: 1000, rate: 1000),
      Contact(from: Self.node(1), to: Self.node(3), start: 0, end: 1000, rate: 1000, confidence: 0.5),
      Contact(from: Self.node(2), to: Self.node(4), start: 0, end: 9000, rate: 1000),
      Contact(from: Self.node(3), to: Self.node(4), start: 5000, end: 9000, rate: 1000, confidence: 0.5),
    ])
    let routes = graph.routes(.init(from: Self.node(1), to: Self.node(4), size: 100, now: 0))
    #expect(routes.map { $0.arrival } == [200, 5100])
    #expect(routes.map { $0.confidence } == [1, 0.25])
  }

  @Test func aPlanInTheSyntaxOfIONIsRead() throws {
    let text = """
      # ionadmin
      1 1 ''
      a contact +10 +20 1 2 1000
      a contact 2026/11/21-10:00:00 2026/11/21-11:00:00 2 1 125000 0.5   # back
      a range +0 +15 1 2 3
      a range +15 +1000000000 1 2 4
      s
      """
    let contacts = try IONContactPlan.read(text, reference: 1_000_000)
    #expect(
      contacts == [
        Contact(from: Self.node(1), to: Self.node(2), start: 1_010_000, end: 1_015_000, rate: 1000, delay: 3000),
        Contact(from: Self.node(1), to: Self.node(2), start: 1_015_000, end: 1_020_000, rate: 1000, delay: 4000),
        Contact(
          from: Self.node(2), to: Self.node(1), start: 848_570_400_000, end: 848_574_000_000, rate: 125_000,
          delay: 4000,
          confidence: 0.5),
      ])
  }

  @Test(arguments: [
    "a contact +10", "a contact +10 +5 1 2 3", "a contact 2026/13/01-00:00:00 +5 1 2 3", "a range +0 +5 x 2 1",
    "a contact +0 +5 1 2 3 7", "a contact +99999999999999999999 +5 1 2 3",
  ]) func aPlanThatIsWrongIsAnErrorWithItsLine(_ line: String) {
    let error = #expect(throws: ContactPlanError.self) { try IONContactPlan.read("\n\(line)", reference: 0) }
    #expect(error?.line == 2)
  }

  @Test func aBundleWhoseContactPassesIsRoutedAnew() throws {
    let contacts = [
      Contact(from: Self.node(1), to: Self.node(2), start: 1000, end: 2000, rate: 1000),
      Contact(from: Self.node(2), to: Self.node(4), start: 0, end: 9000, rate: 1000),
      Contact(from: Self.node(1), to: Self.node(3), start: 3000, end: 4000, rate: 1000),
      Contact(from: Self.node(3), to: Self.node(4), start: 0, end: 9000, rate: 1000),
    ]
    let routing = ContactGraphRouting(contacts, node: Self.node(1))
    let id = BundleID(source: Self.node(9), timestamp: CreationTimestamp(time: 1, sequence: 1))
    routing.add(
      RoutedBundle(sequence: 5, id: id, destination: try EndpointID("ipn:4.7"), deadline: 100_000, size: 10), now: 0)
    #expect(routing.route(of: 5)?.map { $0.to } == [Self.node(2), Self.node(4)])
    #expect(routing.nextDeadline == 1000)
    #expect(routing.next(for: Self.node(2), now: 500) == nil)
    #expect(routing.next(for: Self.node(3), now: 3500) == nil)
    #expect(routing.next(for: Self.node(2), now: 1500) == .bundle(sequence: 5, copies: nil))
    routing.disconnected(Self.node(2), now: 1600)
    routing.tick(now: 1000)
    #expect(routing.nextDeadline == 2000)
    routing.tick(now: 2000)
    #expect(routing.next(for: Self.node(3), now: 3500) == .bundle(sequence: 5, copies: nil))
    routing.failed(5, for: Self.node(3), now: 3500)
    #expect(routing.withoutRoute == 1)
    routing.replacePlan(
      [Contact(from: Self.node(1), to: Self.node(4), start: 0, end: 9000, rate: 1000)], now: 3600)
    #expect(routing.next(for: Self.node(4), now: 3600) == .bundle(sequence: 5, copies: nil))
    #expect(routing.accepted(5, by: Self.node(4), now: 3700) == .remove)
    routing.remove(5)
    #expect(routing.nextDeadline == nil || routing.next(for: Self.node(4), now: 3800) == nil)
  }
}
