// SPDX-License-Identifier: Apache-2.0

import MeshCrypto
import MeshMultiplexer
import MeshNode
import MeshSession

/// One application that asks the other node, and what it asks: the answers are known beforehand.
final class RequestFlow: RequestHandler {
  unowned let world: World
  let from: Int
  let number: UInt64
  let name: String
  let trafficClass: TrafficClass
  private(set) var asks: [Ask] = []
  private var places: [RequestReference: Int] = [:]
  private var server: RequestFlowServer!

  /// What is asked, what the server is to do, and what came of it.
  struct Ask {
    enum Ending { case finish, refuse, busyOnce, busyAlways, never }
    var size: Int
    var deadline: UInt64?
    var key: [UInt8]?
    var waitsForPath: Bool
    var releasesByHand: Bool
    var delay: UInt64
    var replies: Int
    var replySize: Int
    var ending: Ending
    var cancelAfter: UInt64?

    var due: UInt64 = .max
    var received = 0
    var ends = 0
    var isPaused = false
    var isAsked = false
    /// A former life of the caller's node asked it as well.
    var isRepeated = false
    /// The caller's node died with it, and it was not asked again.
    var isLost = false
    /// The peer cannot have carried it out, as the report said.
    var wasNotExecuted = false
  }

  init(world: World, from: Int, number: UInt64, total: Int, trafficClass: TrafficClass) {
    self.world = world
    self.from = from
    self.number = number
    self.trafficClass = trafficClass
    name = "/ask/\(number)"
    super.init()
    for place in 0..<total { asks.append(makeAsk(place)) }
    server = RequestFlowServer(self)
    serve()
  }

  func serve() { try? world.nodes[1 - from].core.serveRequests(name, with: server) }

  private func makeAsk(_ place: Int) -> Ask {
    let isIdempotent = world.random.chance(50)
    let deadline: UInt64? = world.random.chance(70) ? world.random.number(UInt64(1)...120) * 100_000_000 : nil
    var endings: [Ask.Ending] = [.finish, .finish, .finish, .refuse, .busyOnce, .busyAlways]
    if deadline != nil { endings.append(.never) }
    return Ask(
      size: world.random.chance(10) ? world.random.number(8...20_000) : world.random.number(8...300),
      deadline: deadline, key: isIdempotent ? (0..<16).map { UInt8(truncatingIfNeeded: $0 * place) } : nil,
      waitsForPath: world.random.chance(30), releasesByHand: world.random.chance(30),
      delay: world.random.chance(50) ? 0 : world.random.number(UInt64(1)...3000) * 1_000_000,
      replies: world.random.number(0...5), replySize: world.random.chance(20) ? 9_000 : world.random.number(8...500),
      ending: endings[world.random.number(0...endings.count - 1)],
      cancelAfter: world.random.chance(15) ? world.random.number(UInt64(0)...5000) * 1_000_000 : nil)
  }

  var isDone: Bool { asks.allSatisfy { $0.ends > 0 || $0.isLost } }

  // MARK: caller

  func start() {
    for place in asks.indices {
      world.at(world.random.number(UInt64(0)...6000) * 1_000_000) { [unowned self] in ask(place) }
    }
  }

  private func ask(_ place: Int) {
    let ask = asks[place]
    guard !ask.isLost, !ask.isAsked else { return }
    let body = Payload.message(number, number: UInt64(place), size: ask.size)
    let options = RequestOptions(
      deadline: ask.deadline, isIdempotent: ask.key != nil, idempotencyKey: ask.key, waitsForPath: ask.waitsForPath,
      releasesByHand: ask.releasesByHand)
    let core = world.nodes[from].core
    do throws(NodeError) {
      let reference = try body.withUnsafeBufferPointer { (bytes) throws(NodeError) in
        try core.request(
          to: world.identities[1 - from].id, protocol: name, trafficClass: trafficClass,
          metadata: [UInt8(truncatingIfNeeded: place)], body: UnsafeRawBufferPointer(bytes), options: options,
          handler: self, now: world.now)
      }
      world.statistics.requests += 1
      places[reference] = place
      asks[place].isAsked = true
      asks[place].due = ask.deadline.map { world.now + $0 } ?? .max
      if let after = ask.cancelAfter {
        let life = world.nodes[from].life
        world.at(after) { [unowned self] in
          guard world.nodes[from].life == life, places[reference] == place, asks[place].ends == 0 else { return }
          core.cancel(reference, now: world.now)
          if asks[place].ends != 1 { world.fail("\(name): \(place) did not end when it was cancelled") }
        }
      }
    } catch {
      guard error == .refused(.streamLimit) || error == .refused(.again) else {
        return world.fail("\(name): \(place): \(error)")
      }
      world.at(50_000_000) { [unowned self] in self.ask(place) }
    }
  }

  /// The caller's node was restarted: what can be repeated is asked again with its key, the rest is lost with it.
  func noteCallerRestart() {
    places.removeAll()
    for place in asks.indices where asks[place].ends == 0 && asks[place].isAsked {
      asks[place].isAsked = false
      asks[place].isRepeated = true
      asks[place].received = 0
      asks[place].isPaused = false
      asks[place].isLost = asks[place].key == nil
      world.at(1_000_000) { [unowned self] in ask(place) }
    }
  }

  private func place(of request: RequestReference, _ node: NodeCore) -> Int? {
    guard node === world.nodes[from].core else {
      world.fail("\(name): a dead node told of a request")
      return nil
    }
    guard let place = places[request] else {
      world.fail("\(name): told of a request that is not known or from inside the call")
      return nil
    }
    if asks[place].ends > 0 { world.fail("\(name): \(place) was told of behind its end") }
    return place
  }

  override func replied(_ reply: Reply, to request: RequestReference, of node: NodeCore) {
    guard let place = place(of: request, node) else { return }
    if asks[place].isPaused { world.fail("\(name): a reply to \(place) although it is paused") }
    let expected = UInt64(place * 1000 + asks[place].received)
    if Payload.number(of: reply.body, flow: number + 500) != expected || reply.body.count != asks[place].replySize {
      world.fail("\(name): a wrong reply to \(place)")
    }
    asks[place].received += 1
    if asks[place].releasesByHand {
      let credit = reply.credit
      world.at(world.random.number(UInt64(1)...50) * 1_000_000) { [unowned self, weak node] in
        node?.release(credit, of: request, now: world.now)
      }
    }
    if world.random.chance(10) {
      asks[place].isPaused = true
      node.pause(request)
      world.at(world.random.number(UInt64(1)...80) * 1_000_000) { [unowned self, weak node] in
        guard places[request] == place, asks[place].isPaused else { return }
        asks[place].isPaused = false
        node?.resume(request, now: world.now)
      }
    }
  }

  private func end(_ place: Int) {
    asks[place].ends += 1
    if world.now > asks[place].due { world.fail("\(name): \(place) ended \(world.now - asks[place].due) ns too late") }
  }

  override func finished(_ request: RequestReference, of node: NodeCore) {
    guard let place = place(of: request, node) else { return }
    end(place)
    world.statistics.answered += 1
    let ask = asks[place]
    if ask.received != ask.replies { world.fail("\(name): \(place) finished after \(ask.received) of \(ask.replies)") }
    if ask.ending != .finish && ask.ending != .busyOnce { world.fail("\(name): \(place) finished without reason") }
    if !server.executed.contains(place) { world.fail("\(name): \(place) finished and was never carried out") }
  }

  override func failed(_ request: RequestReference, _ failure: RequestFailure, of node: NodeCore) {
    guard let place = place(of: request, node) else { return }
    end(place)
    let ask = asks[place]
    world.trace(from, "request \(name) \(place) failed: \(failure)")
    if !failure.maybeExecuted, !ask.isRepeated {
      asks[place].wasNotExecuted = true
      if server.executed.contains(place) { world.fail("\(name): \(place) said not carried out, and was") }
    }
    switch failure.reason {
    case .deadline:
      if world.now != ask.due { world.fail("\(name): \(place) missed its deadline by \(world.now &- ask.due)") }
    case .cancelled: if ask.cancelAfter == nil { world.fail("\(name): \(place) cancelled by nobody") }
    case .refused:
      let isBusy = failure.code == StreamCode.busy
      if isBusy {
        // Also a repetition for which there was no room, or whose answer was too large to be kept.
        if ask.ending == .finish, ask.key == nil { world.fail("\(name): \(place) found a server busy that was not") }
      } else if failure.code != 777 || failure.text != "no \(place)" || ask.ending != .refuse {
        world.fail("\(name): \(place) refused with \(failure)")
      }
    case .peerRestarted: if world.statistics.restarts == 0 { world.fail("\(name): \(place): nobody restarted") }
    case .unreachable: if ask.waitsForPath { world.fail("\(name): \(place) was to wait for a path: \(failure)") }
    case .noSuchProtocol, .notAllowed, .replyTooLarge: world.fail("\(name): \(place) failed: \(failure)")
    }
  }

  /// What must hold when the world has come to rest.
  func check() {
    for place in asks.indices {
      if asks[place].ends != 1, !asks[place].isLost { world.fail("\(name): \(place) has \(asks[place].ends) ends") }
      if asks[place].wasNotExecuted, server.executed.contains(place) {
        world.fail("\(name): \(place) said not carried out, and was later")
      }
    }
    server.check()
  }
}
