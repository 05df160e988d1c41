// SPDX-License-Identifier: Apache-2.0

import MeshCrypto
import MeshMultiplexer
import MeshNode
import MeshSession

/// One application that sends numbered messages to the other node, and the one that takes them there.
final class MessageFlow: StreamHandler, ProtocolServer {
  unowned let world: World
  let from: Int
  let number: UInt64
  let name: String
  let trafficClass: TrafficClass
  let total: UInt64
  let lifetime: UInt64?
  let largest: Int
  let isOrdered: Bool
  private let reportsSent: Bool
  private var sentTokens: Set<UInt64> = []
  private(set) var accepted: UInt64 = 0
  private(set) var outcomes: [UInt64: MessageOutcome] = [:]
  private var deadlines: [UInt64: UInt64] = [:]
  /// What the receiver saw, per life of the receiving node.
  private(set) var received: [UInt64] = []
  private(set) var distinct: Set<UInt64> = []
  private var lastInLife: UInt64?
  var receiverRestarts = 0

  init(
    world: World, from: Int, number: UInt64, total: UInt64, lifetime: UInt64?, trafficClass: TrafficClass,
    largest: Int, isOrdered: Bool
  ) {
    self.world = world
    self.from = from
    self.number = number
    self.total = total
    self.lifetime = lifetime
    self.trafficClass = trafficClass
    self.largest = largest
    self.isOrdered = isOrdered
    reportsSent = world.random.chance(50)
    name = "/flow/\(number)"
    super.init()
    serve()
  }

  func serve() {
    try? world.nodes[1 - from].core.serve(name, with: self)
    lastInLife = nil
  }

  var isDone: Bool {
    accepted == total && UInt64(outcomes.count) == total
  }

  /// Queues as much as the node takes; called again when there is room.
  func pump() {
    while accepted < total {
      let size = world.random.chance(10) ? world.random.number(8...largest) : world.random.number(8...400)
      let body = Payload.message(number, number: accepted, size: size)
      let options = MessageOptions(
        lifetime: lifetime, token: accepted, reportsSent: reportsSent, isOrdered: isOrdered)
      do throws(NodeError) {
        try body.withUnsafeBytes { (bytes: UnsafeRawBufferPointer) -> Result<Void, NodeError> in
          do throws(NodeError) {
            try world.nodes[from].core.send(
              bytes, to: world.identities[1 - from].id, protocol: name, trafficClass: trafficClass, options: options,
              handler: self, now: world.now)
            return .success(())
          } catch { return .failure(error) }
        }.get()
        if let lifetime { deadlines[accepted] = world.now + lifetime }
        accepted += 1
        world.statistics.messages += 1
      } catch {
        guard error == .refused(.again) || error == .refused(.streamLimit) else {
          return world.fail("\(name): \(error)")
        }
        if error == .refused(.streamLimit) { world.at(50_000_000) { [unowned self] in pump() } }
        return
      }
    }
  }

  // MARK: sender

  override func writable(_ stream: StreamReference, of multiplexer: Multiplexer) {
    world.at(0) { [unowned self] in pump() }
  }

  override func sent(token: UInt64, on stream: StreamReference, of multiplexer: Multiplexer) {
    if !reportsSent { world.fail("\(name): nobody asked when message \(token) is sent") }
    if !sentTokens.insert(token).inserted { world.fail("\(name): message \(token) was told as sent twice") }
    if outcomes[token] != nil { world.fail("\(name): message \(token) was sent behind its outcome") }
  }

  override func settled(
    token: UInt64, _ outcome: MessageOutcome, on stream: StreamReference, of multiplexer: Multiplexer
  ) {
    if outcomes[token] != nil { world.fail("\(name): message \(token) was reported twice") }
    outcomes[token] = outcome
    switch outcome {
    case .delivered:
      if reportsSent, !sentTokens.contains(token) { world.fail("\(name): \(token) delivered and never told as sent") }
      if !distinct.contains(token) { world.fail("\(name): message \(token) reported delivered, and was not") }
    case .expired(let maybe):
      world.statistics.expired += 1
      guard let deadline = deadlines[token] else { return world.fail("\(name): \(token) expired without a lifetime") }
      if world.now < deadline { world.fail("\(name): message \(token) expired too early") }
      if world.now > deadline + 50_000_000 { world.fail("\(name): message \(token) expired unnoticed for too long") }
      if !maybe, distinct.contains(token) { world.fail("\(name): \(token) said not delivered, but was") }
    case .dropped:
      world.statistics.dropped += 1
      if !world.dropsOldest(trafficClass) { world.fail("\(name): message \(token) dropped without a drop rule") }
      if distinct.contains(token) { world.fail("\(name): \(token) dropped, but was delivered") }
      // What makes room for the next one must not have been told as sent.
      if sentTokens.contains(token) { world.fail("\(name): \(token) dropped, but was sent") }
    case .refused(let code): world.fail("\(name): message \(token) refused with \(StreamCode.name(code))")
    }
  }

  // MARK: receiver

  func opened(_ stream: PeerStream, _ preamble: StreamPreamble) -> StreamAcceptance { .accept(self) }

  override func received(_ run: inout MessageRun, on stream: StreamReference, of multiplexer: Multiplexer) {
    var taken = 0
    while let message = run.next() {
      guard let token = Payload.number(of: message.body, flow: number) else {
        return world.fail("\(name): a damaged message")
      }
      if !distinct.insert(token).inserted, receiverRestarts == 0 {
        world.fail("\(name): message \(token) came twice")
      }
      if isOrdered, let last = lastInLife, token <= last { world.fail("\(name): message \(token) after \(last)") }
      if isOrdered, !world.dropsOldest(trafficClass), lifetime == nil, receiverRestarts == 0,
        token != (lastInLife.map { $0 + 1 } ?? 0)
      {
        world.fail("\(name): message \(token) out of order, expected \(lastInLife.map { $0 + 1 } ?? 0)")
      }
      if case .dropped? = outcomes[token] { world.fail("\(name): \(token) delivered after it was dropped") }
      if case .expired(false)? = outcomes[token] { world.fail("\(name): \(token) delivered after it was void") }
      lastInLife = token
      taken += 1
      // A reader that takes a little at a time.
      if taken == 3, world.random.chance(3) {
        world.at(world.random.number(1...30) * 1_000_000) { [unowned self, weak multiplexer] in
          multiplexer?.resume(stream, now: world.now)
        }
        return
      }
    }
  }

  /// What must hold when the world has come to rest.
  func check() {
    if accepted != total { world.fail("\(name): \(accepted) of \(total) messages were ever accepted") }
    for token in 0..<accepted {
      switch outcomes[token] {
      case .delivered?: break
      case .expired?, .dropped?: break
      default:
        return world.fail("\(name): nothing was ever reported of message \(token); \(outcomes.count) of \(total)")
      }
    }
  }
}
