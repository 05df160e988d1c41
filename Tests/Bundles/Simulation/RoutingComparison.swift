// SPDX-License-Identifier: Apache-2.0
import BundleConvergence
import BundleProtocol
import BundleRouting
import BundleStore
import TestSupport

/// One routing protocol on one mobility trace with one set of bundles.
public struct RoutingComparison {
  /// What is compared.
  public enum Kind: String, CaseIterable, Sendable {
    case direct
    case epidemic
    case spray
    case prophet
    case contactGraph = "contact-graph"
  }

  /// What came of it.
  public struct Figures: Sendable {
    /// Of the bundles that were made, how many arrived in time, 0 to 1.
    public var ratio: Double
    /// Seconds until they did: the median and the mean.
    public var medianDelay: Double
    /// See `medianDelay`.
    public var meanDelay: Double
    /// Times that bundles went from node to node, for each that arrived.
    public var copies: Double
    /// Bytes in all stores, on average over time, for each node.
    public var storage: Double
  }

  private enum Event {
    case meets(Int, Int)
    case parts(Int, Int)
    case bundle(from: Int, to: Int)
    case transferred(from: Int, to: Int, meeting: Int)
    case look
  }

  private struct Item {
    var time: UInt64
    var order: Int
    var event: Event
  }

  private let trace: MobilityTrace
  private var nodes: [BundleNode] = []
  private var items: [Item] = []
  private var order = 0
  /// By ordered pair: the number of the meeting, and what is under way.
  private var meetings: [Int: Int] = [:]
  private var passages: [Int: BundleNode.Passage] = [:]
  private var meetingCount = 0
  private var made: [BundleID: UInt64] = [:]
  private var storageSum = 0.0
  private var looks = 0.0

  /// Bytes a second of each direction of a meeting.
  static let rate: UInt64 = 50_000
  static let start: UInt64 = 1_000_000
  static let bundleSize = 10_000

  /// - Parameters:
  ///   - buffer: bytes that each node's store takes.
  ///   - bundles: made at random times in the first two thirds, between random nodes.
  public init(_ kind: Kind, on trace: MobilityTrace, bundles: Int, lifetime: UInt64, buffer: UInt64, seed: UInt64)
    throws
  {
    self.trace = trace
    self.lifetime = lifetime
    var limits = StoreLimits()
    limits.total.bytes = buffer
    // The plan knows all meetings, as that of a space mission does.
    let plan = trace.meetings.flatMap { meeting in
      [meeting.pair, (meeting.pair.1, meeting.pair.0)].map { pair in
        Contact(
          from: Self.name(pair.0), to: Self.name(pair.1), start: Self.start + meeting.start,
          end: Self.start + meeting.end, rate: Self.rate)
      }
    }
    for index in 0..<trace.nodes {
      let routing: any RoutingProtocol
      switch kind {
      case .direct: routing = StaticRouting([])
      case .epidemic: routing = ReplicationRouting(.epidemic)
      case .spray: routing = ReplicationRouting(.sprayAndWait(copies: 8))
      case .prophet: routing = ReplicationRouting(.prophet(ProphetParameters()))
      case .contactGraph: routing = ContactGraphRouting(plan, node: Self.name(index))
      }
      nodes.append(BundleNode("n\(index)", routing, limits: limits))
    }
    for meeting in trace.meetings {
      schedule(meeting.start, .meets(meeting.pair.0, meeting.pair.1))
      schedule(meeting.end, .parts(meeting.pair.0, meeting.pair.1))
    }
    var random = SeededGenerator(seed)
    for _ in 0..<bundles {
      let from = Int.random(in: 0..<trace.nodes, using: &random)
      let other = Int.random(in: 1..<trace.nodes, using: &random)
      schedule(
        .random(in: 0..<(trace.duration * 2 / 3), using: &random), .bundle(from: from, to: (from + other) % trace.nodes)
      )
    }
    for time in stride(from: 0, to: trace.duration, by: 10_000) { schedule(time, .look) }
  }

  private let lifetime: UInt64

  static func name(_ index: Int) -> EndpointID { .dtn("//n\(index)/") }

  private mutating func schedule(_ time: UInt64, _ event: Event) {
    items.append(Item(time: time, order: order, event: event))
    order += 1
    var at = items.count - 1
    while at > 0, Self.isEarlier(items[at], items[(at - 1) / 2]) {
      items.swapAt(at, (at - 1) / 2)
      at = (at - 1) / 2
    }
  }

  private static func isEarlier(_ one: Item, _ other: Item) -> Bool {
    (one.time, one.order) < (other.time, other.order)
  }

  private mutating func earliest() -> Item? {
    guard let first = items.first, let last = items.popLast() else { return nil }
    guard !items.isEmpty else { return first }
    items[0] = last
    var at = 0
    while at * 2 + 1 < items.count {
      var child = at * 2 + 1
      if child + 1 < items.count, Self.isEarlier(items[child + 1], items[child]) { child += 1 }
      guard Self.isEarlier(items[child], items[at]) else { break }
      items.swapAt(child, at)
      at = child
    }
    return first
  }

  /// Runs the whole trace.
  public mutating func run() throws -> Figures {
    while let item = earliest() { try happen(item.event, item.time) }
    let delays = nodes.flatMap { $0.delivered }.compactMap { one in
      made[one.id].map { Double(one.time - $0) / 1000 }
    }.sorted()
    let count = Double(delays.count)
    return Figures(
      ratio: count / Double(made.count), medianDelay: delays.isEmpty ? 0 : delays[delays.count / 2],
      meanDelay: delays.reduce(0, +) / max(1, count),
      copies: Double(nodes.reduce(0) { $0 + $1.handedOn }) / max(1, count), storage: storageSum / looks)
  }

  private mutating func happen(_ event: Event, _ time: UInt64) throws {
    let now = Self.start + time
    switch event {
    case .bundle(let from, let to):
      let destination = EndpointID.dtn("//n\(to)/app")
      guard let id = nodes[from].create(to: destination, size: Self.bundleSize, lifetime: lifetime, now: now) else {
        // Its own bundles fill the store: it counts as made and not arrived.
        made[BundleID(source: Self.name(from), timestamp: .init(time: now, sequence: .max))] = now
        return
      }
      made[id] = now
      for peer in 0..<trace.nodes where meetings[from * trace.nodes + peer] != nil { try begin(from, peer, time) }
    case .meets(let one, let other):
      meetingCount += 1
      for (from, to) in [(one, other), (other, one)] {
        meetings[from * trace.nodes + to] = meetingCount
        nodes[from].routing.connected(Self.name(to), now: now)
      }
      try begin(one, other, time)
      try begin(other, one, time)
    case .parts(let one, let other):
      for (from, to) in [(one, other), (other, one)] {
        meetings[from * trace.nodes + to] = nil
        passages[from * trace.nodes + to] = nil
        nodes[from].routing.disconnected(Self.name(to), now: now)
      }
    case .transferred(let from, let to, let meeting):
      let pair = from * trace.nodes + to
      guard meetings[pair] == meeting, let passage = passages.removeValue(forKey: pair) else { return }
      let verdict = try nodes[to].receive(passage.bytes, from: Self.name(from), now: now)
      try nodes[from].settled(passage, verdict, by: Self.name(to), now: now)
      try begin(from, to, time)
      for peer in 0..<trace.nodes where meetings[to * trace.nodes + peer] != nil { try begin(to, peer, time) }
    case .look:
      for node in nodes { node.tick(now: now) }
      for pair in meetings.keys.sorted() { try begin(pair / trace.nodes, pair % trace.nodes, time) }
      storageSum += nodes.reduce(0.0) { $0 + Double($1.store.bytes) } / Double(trace.nodes)
      looks += 1
    }
  }

  /// Begins the next transfer of one direction, if none is under way.
  private mutating func begin(_ from: Int, _ to: Int, _ time: UInt64) throws {
    let pair = from * trace.nodes + to
    guard passages[pair] == nil, let meeting = meetings[pair],
      let passage = try nodes[from].next(for: Self.name(to), now: Self.start + time)
    else { return }
    passages[pair] = passage
    schedule(
      time + UInt64(passage.bytes.count) * 1000 / Self.rate + 1, .transferred(from: from, to: to, meeting: meeting))
  }
}
