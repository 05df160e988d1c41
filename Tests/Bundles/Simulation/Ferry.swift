// SPDX-License-Identifier: Apache-2.0
import BundleConvergence
import BundleProtocol
import BundleRouting
import BundleStore
import TestSupport

/// Two nodes that never meet, and one that goes back and forth between them. Its visits begin and break off at any
/// moment, in the middle of whatever is under way.
public struct Ferry {
  /// How one journey ended.
  public struct Outcome: Equatable, Sendable {
    /// Bundles that each end was sent and got exactly once; nothing else came.
    public var isExact: Bool
    /// Bundles that are still held anywhere after all is known everywhere.
    public var leftOver: Int
    /// Visits that it took.
    public var visits: Int
  }

  let nodes: [BundleNode]
  private var random: SeededGenerator
  private var now: UInt64 = 1000
  private let count: Int

  /// - Parameters:
  ///   - count: bundles in each direction.
  ///   - seed: of the visits and of the routing that the three use.
  public init(count: Int, seed: UInt64) throws {
    random = SeededGenerator(seed)
    self.count = count
    let kind = seed % 4
    nodes = try ["west", "boat", "east"].map { name in
      let routing: any RoutingProtocol
      switch kind {
      case 0: routing = ReplicationRouting(.epidemic)
      case 1: routing = ReplicationRouting(.sprayAndWait(copies: 4))
      case 2:
        routing = StaticRouting(name == "boat" ? [] : [.init(try EndpointPattern("*"), to: [.dtn("//boat/")])])
      default: routing = ReplicationRouting(.prophet(ProphetParameters()))
      }
      return BundleNode(name, routing)
    }
  }

  /// Goes until everything has arrived and nobody holds anything any more.
  public mutating func run() throws -> Outcome {
    var sent: [Set<BundleID>] = [[], []]
    let ends = [nodes[0], nodes[2]]
    var visits = 0
    var idle = 0
    while visits < 4000, idle < 4 {
      // Not all at once, so that some come while the boat is there.
      for index in 0..<2 where sent[index].count < count {
        for _ in 0..<min(count - sent[index].count, Int.random(in: 1...200, using: &random)) {
          let destination = EndpointID.dtn(index == 0 ? "//east/app" : "//west/app")
          let id = ends[index].create(
            to: destination, size: .random(in: 1...400, using: &random), lifetime: 1 << 40, now: now)
          if let id { sent[index].insert(id) }
        }
      }
      let isDone = sent.allSatisfy { $0.count == count } && ends.allSatisfy { $0.delivered.count >= count }
      // Many visits are too short even for the lists of what each holds. The last ones are whole, so that what is
      // known gets around.
      try visit(
        ends[visits % 2],
        steps: isDone ? .max : .random(in: 1...(Bool.random(using: &random) ? 100 : 1000), using: &random))
      if isDone { idle += 1 }
      visits += 1
      now += .random(in: 1000...100_000, using: &random)
    }
    let isExact = (0..<2).allSatisfy { index in
      let got = ends[1 - index].delivered.map { $0.id }
      return got.count == count && Set(got) == sent[index]
    }
    return Outcome(isExact: isExact, leftOver: nodes.reduce(0) { $0 + $1.store.count }, visits: visits)
  }

  /// One visit, over a TCPCLv4 session, that breaks off after so many pieces of bytes.
  private mutating func visit(_ end: BundleNode, steps: Int) throws {
    let boat = nodes[1]
    var settings = [TCPCLSettings(node: end.node), TCPCLSettings(node: boat.node)]
    for index in settings.indices {
      settings[index].tls = .never
      settings[index].segmentSize = .random(in: 50...2000, using: &random)
    }
    var sides = [
      Side(node: end, peer: boat.node, session: TCPCLSession(settings[0], isActive: true, now: now)),
      Side(node: boat, peer: end.node, session: TCPCLSession(settings[1], isActive: false, now: now)),
    ]
    var step = 0
    var quiet = 0
    while step < steps, quiet < 3 {
      let index = step % 2
      let size = Int.random(in: 1...1500, using: &random)
      let piece = sides[index].session.withOutput { Array($0.prefix(size)) }
      sides[index].session.wrote(piece.count, now: now)
      let taken = piece.withUnsafeBytes { bytes -> Bool in
        sides[1 - index].session.receive(bytes, now: now)
        return bytes.count > 0
      }
      let moved = [try sides[0].pump(now: now), try sides[1].pump(now: now)].contains(true)
      quiet = taken || moved ? 0 : quiet + 1
      step += 1
      now += 1
    }
    for side in sides where side.isConnected { side.node.routing.disconnected(side.peer, now: now) }
  }

  /// One node's end of a session.
  private struct Side {
    let node: BundleNode
    let peer: EndpointID
    let session: TCPCLSession
    var isConnected = false
    var passages: [UInt64: BundleNode.Passage] = [:]
    var held: BundleNode.Passage?

    /// Does everything that there is to do; whether there was anything.
    mutating func pump(now: UInt64) throws -> Bool {
      var moved = false
      while let event = session.nextEvent(now: now) {
        moved = true
        switch event {
        case .established:
          isConnected = true
          node.routing.connected(peer, now: now)
        case .arrived(let transfer, let bundle):
          session.settle(transfer, try node.receive(bundle, from: peer, now: now), now: now)
        case .accepted(let transfer): try settled(transfer, .stored, now: now)
        case .refused(let transfer, let reason): try settled(transfer, .refused(reason), now: now)
        case .startTLS, .written, .ended: break
        }
      }
      while isConnected, let passage = try held ?? node.next(for: peer, now: now) {
        held = passage
        guard case .begun(let transfer) = session.send(passage.bytes, now: now) else { break }
        held = nil
        passages[transfer] = passage
        moved = true
      }
      return moved
    }

    private mutating func settled(_ transfer: UInt64, _ verdict: TransferVerdict, now: UInt64) throws {
      guard let passage = passages.removeValue(forKey: transfer) else { return }
      try node.settled(passage, verdict, by: peer, now: now)
    }
  }
}
