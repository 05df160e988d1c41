// SPDX-License-Identifier: Apache-2.0

import MeshMultiplexer
import MeshNode
import MeshSession

/// Answers the requests of one flow as each of them says, and watches that none is carried out twice.
final class RequestFlowServer: RequestServer {
  private unowned let flow: RequestFlow
  private unowned let world: World
  /// Requests that were carried out at least once, in any life of the node.
  private(set) var executed: Set<Int> = []
  /// Handed out without a flag in this life, by life.
  private var unflagged: [Int: Set<Int>] = [:]
  private var busy: Set<Int> = []
  /// What the application has in hand, by life.
  private var running: [Running: Int] = [:]
  private var waitsForRoom: [Running: Int] = [:]

  private struct Running: Hashable {
    var life: Int
    var reference: ServedRequestReference
  }

  init(_ flow: RequestFlow) {
    self.flow = flow
    world = flow.world
    super.init()
  }

  private var node: SimulatedNode { world.nodes[1 - flow.from] }

  override func received(_ request: IncomingRequest, of core: NodeCore) {
    guard core === node.core else { return world.fail("\(flow.name): a dead node was asked") }
    guard let number = Payload.number(of: request.body, flow: flow.number), Int(number) < flow.asks.count else {
      return world.fail("\(flow.name): a damaged request")
    }
    let place = Int(number)
    let ask = flow.asks[place]
    if request.metadata != [UInt8(truncatingIfNeeded: place)] || request.trafficClass != flow.trafficClass
      || request.idempotencyKey.map({ Array($0) }) != ask.key || (request.remaining == nil) != (ask.deadline == nil)
    {
      world.fail("\(flow.name): \(place) arrived altered")
    }
    if ask.key == nil, executed.contains(place) { world.fail("\(flow.name): \(place) was carried out twice") }
    world.trace(node.index, "serves \(flow.name) \(place), \(ask.replies) replies, \(ask.ending) after \(ask.delay)")
    let isKnown = unflagged[node.life, default: []].contains(place)
    if request.isRepeated != isKnown {
      world.fail("\(flow.name): \(place) flagged \(request.isRepeated), seen before \(isKnown)")
    }
    unflagged[node.life, default: []].insert(place)
    world.statistics.executions += 1
    if request.isRepeated { world.statistics.repetitions += 1 }
    let entry = Running(life: node.life, reference: request.reference)
    running[entry] = place
    if ask.ending == .busyAlways || ask.ending == .busyOnce && busy.insert(place).inserted {
      // Not carried out: the next one counts as the first.
      unflagged[node.life]?.remove(place)
      running[entry] = nil
      return core.refuse(request.reference, code: StreamCode.busy, now: world.now)
    }
    executed.insert(place)
    if ask.delay == 0 {
      respond(entry, place, 0)
    } else {
      world.at(ask.delay) { [unowned self] in respond(entry, place, 0) }
    }
  }

  private func respond(_ entry: Running, _ place: Int, _ first: Int) {
    guard running[entry] == place, entry.life == node.life else { return }
    let ask = flow.asks[place]
    for index in first..<max(ask.replies, first) {
      let body = Payload.message(flow.number + 500, number: UInt64(place * 1000 + index), size: ask.replySize)
      do throws(SendRefusal) {
        try body.withUnsafeBufferPointer { (bytes) throws(SendRefusal) in
          try node.core.reply(UnsafeRawBufferPointer(bytes), to: entry.reference, now: world.now)
        }
      } catch {
        guard error == .again else { return world.fail("\(flow.name): the reply to \(place) was refused: \(error)") }
        waitsForRoom[entry] = index
        return
      }
      // The reply may have ended it: nobody listens and it is too large to be kept.
      guard running[entry] == place else { return }
    }
    switch ask.ending {
    case .never: return
    case .refuse:
      running[entry] = nil
      node.core.refuse(entry.reference, code: 777, text: "no \(place)", now: world.now)
    case .finish, .busyOnce, .busyAlways:
      running[entry] = nil
      node.core.finish(entry.reference, now: world.now)
    }
  }

  override func writable(_ request: ServedRequestReference, of core: NodeCore) {
    let entry = Running(life: node.life, reference: request)
    guard let place = running[entry], let index = waitsForRoom.removeValue(forKey: entry) else { return }
    world.at(0) { [unowned self] in respond(entry, place, index) }
  }

  override func cancelled(_ request: ServedRequestReference, _ reason: RequestCancellation, of core: NodeCore) {
    guard core === node.core else { return world.fail("\(flow.name): a dead node was told") }
    let entry = Running(life: node.life, reference: request)
    guard let place = running.removeValue(forKey: entry) else {
      return world.fail("\(flow.name): cancelled what is not running")
    }
    world.statistics.cancelled += 1
    world.trace(node.index, "\(flow.name) \(place) is cancelled: \(reason)")
    if reason == .deadline, flow.asks[place].deadline == nil { world.fail("\(flow.name): \(place) has no deadline") }
  }

  /// Requests that nobody waits for must have been taken back.
  func check() {
    for (entry, place) in running where entry.life == node.life && flow.asks[place].ending == .never {
      world.fail("\(flow.name): \(place) still runs at the end, and its deadline has passed")
    }
  }
}
