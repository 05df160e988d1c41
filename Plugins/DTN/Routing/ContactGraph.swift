// SPDX-License-Identifier: Apache-2.0
import BundleProtocol

/// A contact plan by node, in which routes are found (CCSDS 734.3-B-1). It keeps account of what was promised to each
/// contact.
public struct ContactGraph: Sendable {
  /// A way for one bundle.
  public struct Route: Equatable, Sendable {
    /// Places in `contacts`, in the order in which they are used.
    public var contacts: [Int]
    /// When the last byte is at the destination.
    public var arrival: UInt64
    /// When the bundle has left this node, at the latest: the end of the first contact.
    public var departsBy: UInt64
    /// How sure all contacts together are, 0 to 1.
    public var confidence: Double
  }

  /// What is asked for a bundle.
  public struct Request: Sendable {
    /// The node that has it.
    public var from: EndpointID
    /// The node that is to have it.
    public var to: EndpointID
    /// Its bytes.
    public var size: UInt64
    /// How urgent it is, 0 to 2: what is promised to less urgent ones does not hold it up.
    public var priority = 1
    /// When it can be sent.
    public var now: UInt64
    /// When it must be there.
    public var deadline: UInt64
    /// Neighbours that are not to get it.
    public var excluded: Set<EndpointID> = []

    /// A request; see the members.
    public init(from: EndpointID, to: EndpointID, size: UInt64, now: UInt64, deadline: UInt64 = .max) {
      self.from = from.routingNode ?? from
      self.to = to.routingNode ?? to
      self.size = size
      self.now = now
      self.deadline = deadline
    }
  }

  /// The plan, by the time of its beginning.
  public let contacts: [Contact]
  private let numbers: [EndpointID: Int]
  /// For each node, the contacts in which it sends, and for each contact the node that it leads to.
  private let leaving: [[Int]]
  private let target: [Int]
  /// Bytes that were promised, by contact and priority.
  private var promised: [[UInt64]]

  /// A graph of a plan. Contacts without duration or rate are left out.
  public init(_ plan: [Contact]) {
    let contacts = plan.filter { $0.start < $0.end && $0.rate > 0 }.sorted {
      ($0.start, $0.end, $0.from.description, $0.to.description)
        < ($1.start, $1.end, $1.from.description, $1.to.description)
    }
    var numbers: [EndpointID: Int] = [:]
    for contact in contacts {
      for node in [contact.from, contact.to] where numbers[node] == nil { numbers[node] = numbers.count }
    }
    var leaving = [[Int]](repeating: [], count: numbers.count)
    for (index, contact) in contacts.enumerated() { leaving[numbers[contact.from] ?? 0].append(index) }
    target = contacts.map { numbers[$0.to] ?? 0 }
    promised = contacts.map { _ in [0, 0, 0] }
    self.contacts = contacts
    self.numbers = numbers
    self.leaving = leaving
  }

  /// When a bundle that is with the contact's sender at `time` is at its receiver; nil when the contact has no room for
  /// it any more. What comes earlier never arrives later.
  public func arrival(through index: Int, at time: UInt64, size: UInt64, priority: Int) -> UInt64? {
    let contact = contacts[index]
    guard time < contact.end else { return nil }
    var before: UInt64 = 0
    for level in max(0, priority)..<3 { before = before.saturatingSum(promised[index][level]) }
    let begin = max(time, contact.start.saturatingSum(Self.duration(before, contact.rate)))
    let done = begin.saturatingSum(Self.duration(size, contact.rate))
    return done <= contact.end ? done.saturatingSum(contact.delay) : nil
  }

  /// Milliseconds for so many bytes, rounded up.
  private static func duration(_ bytes: UInt64, _ rate: UInt64) -> UInt64 {
    let (product, overflow) = bytes.multipliedReportingOverflow(by: 1000)
    return overflow ? .max : product / rate + (product % rate == 0 ? 0 : 1)
  }

  /// The route by which a bundle arrives first, of those the one with the fewest hops; nil when none leads there before
  /// the deadline.
  public func route(_ request: Request) -> Route? {
    guard let origin = numbers[request.from], let goal = numbers[request.to], origin != goal else { return nil }
    var search = Search(nodes: leaving.count, origin: origin, now: request.now)
    var bestHops: Int?
    // Round by round one hop more; a node counts again when it is reached earlier than with fewer hops.
    while !search.frontier.isEmpty {
      let reached = extend(&search, request, goal: goal, isFirst: search.round == 0)
      if reached { bestHops = search.round }
    }
    guard let hops = bestHops else { return nil }
    let path = search.path(to: goal, hops: hops) { numbers[contacts[$0].from] ?? 0 }
    guard let first = path.first else { return nil }
    return Route(
      contacts: path, arrival: search.best[goal], departsBy: contacts[first].end,
      confidence: path.reduce(1) { $0 * contacts[$1].confidence })
  }

  /// One round; true when the goal is reached earlier than before.
  private func extend(_ search: inout Search, _ request: Request, goal: Int, isFirst: Bool) -> Bool {
    search.beginRound()
    for (node, time) in search.previous where time < search.best[goal] {
      for index in leaving[node] {
        let contact = contacts[index]
        let next = target[index]
        // Sorted by their beginning: none that follows can be better for the goal.
        if contact.start >= min(search.best[goal], request.deadline) { break }
        guard time < contact.end, !(isFirst && request.excluded.contains(contact.to)),
          let arrival = arrival(through: index, at: time, size: request.size, priority: request.priority),
          arrival <= request.deadline, arrival < search.best[next], arrival < search.best[goal] || next == goal
        else { continue }
        search.reach(next, at: arrival, through: index)
      }
    }
    search.endRound(goal: goal)
    return search.improvedGoal
  }

  /// The best route through each neighbour, for a bundle that goes on all of them; the earliest arrival first.
  public func routes(_ request: Request) -> [Route] {
    var found: [Route] = []
    var request = request
    while let route = route(request), let first = route.contacts.first {
      found.append(route)
      request.excluded.insert(contacts[first].to)
    }
    return found
  }

  /// Promises room to a bundle on a route.
  public mutating func book(_ route: Route, size: UInt64, priority: Int = 1) {
    for index in route.contacts { promised[index][max(0, min(2, priority))] += size }
  }

  /// Takes a promise back from the contacts that are not over, since the bundle takes another way.
  public mutating func cancel(_ route: Route, size: UInt64, priority: Int = 1) {
    let level = max(0, min(2, priority))
    for index in route.contacts { promised[index][level] -= min(promised[index][level], size) }
  }
}

extension UInt64 {
  /// The sum, or the largest number.
  func saturatingSum(_ other: UInt64) -> UInt64 {
    let (sum, overflow) = addingReportingOverflow(other)
    return overflow ? .max : sum
  }
}
