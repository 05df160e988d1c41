// SPDX-License-Identifier: Apache-2.0

import MeshCrypto
import MeshMultiplexer
import MeshNode
import MeshSession

/// An application that sends numbered messages of long lifetime, by session or carrier as it comes, and the one that takes
/// them and releases them late. Each is told delivered once, after it was released, and is taken once in a life of the
/// receiver.
final class CarriedFlow: StreamHandler, ProtocolServer, CarriedMessageObserver {
  unowned let world: World
  let from: Int
  let number: UInt64
  let name: String
  let total: UInt64
  /// Whether the receiver holds some messages longer than a conversation lasts.
  var holdsLong = false
  private let lifetime: UInt64 = 86_400_000_000_000
  private(set) var outcomes: [UInt64: MessageOutcome] = [:]
  private(set) var sentOff: UInt64 = 0
  private var takenInLife: Set<UInt64> = []
  private var released: Set<UInt64> = []
  /// Counts the receiver's lives; what was held in an earlier one is nobody's.
  private var life = 0
  /// Sent by a life of the sender that is over: what it had in a session is lost with it.
  private var abandoned: Set<UInt64> = []
  /// Streams of conversations that are over, of which this still holds messages.
  private var late: [StreamReference: any LateReleases] = [:]
  private(set) var carried: UInt64 = 0

  init(world: World, from: Int, number: UInt64, total: UInt64) {
    self.world = world
    self.from = from
    self.number = number
    self.total = total
    name = "/carried/\(number)"
    super.init()
    serve()
  }

  private var sender: NodeCore { world.nodes[from].core }
  private var receiver: NodeCore { world.nodes[1 - from].core }
  var isDone: Bool { outcomes.count + abandoned.count == Int(total) }

  /// The sender has died: what it knew of its messages is gone, and its carrier keeps those that it had.
  func noteSenderRestart() {
    for token in 0..<sentOff where outcomes[token] == nil { abandoned.insert(token) }
  }

  override func outlives(_ late: any LateReleases, on stream: StreamReference) -> Bool {
    self.late[stream] = late
    return true
  }

  func serve() {
    life += 1
    takenInLife = []
    late = [:]
    try? receiver.serve(name, with: self)
  }

  /// One message now and then, so that links come and go meanwhile.
  func pump() {
    guard sentOff < total else { return }
    send(sentOff)
    sentOff += 1
    world.at(world.random.number(1...400) * 1_000_000) { [unowned self] in pump() }
  }

  private func send(_ token: UInt64) {
    let size = world.random.chance(20) ? world.random.number(20_000...200_000) : world.random.number(8...900)
    let body = Payload.message(number, number: token, size: size)
    let peer = world.identities[1 - from].id
    world.statistics.messages += 1
    if sender.carriage.isWanted(for: peer) { return wait(token, body) }
    let options = MessageOptions(lifetime: lifetime, token: token, mayBeHandedOver: true)
    let result = body.withUnsafeBytes { (bytes: UnsafeRawBufferPointer) -> Result<Void, NodeError> in
      do throws(NodeError) {
        return .success(
          try sender.send(bytes, to: peer, protocol: name, options: options, handler: self, now: world.now))
      } catch { return .failure(error) }
    }
    // No room in the session: as with an application, it waits.
    if case .failure = result { wait(token, body) }
  }

  private func wait(_ token: UInt64, _ body: [UInt8]) {
    sender.carriage.wait(
      OutgoingCarriage(
        peer: world.identities[1 - from].id, name: name, trafficClass: .normal, body: body,
        deadline: world.now + lifetime),
      number: token, reportsSent: false, isOrdered: true, handler: self, now: world.now)
  }

  // MARK: sender

  override var takesUncertain: Bool { true }

  override func uncertain(_ messages: [HandedMessage], of multiplexer: Multiplexer) {
    sender.carriage.uncertain(messages, of: multiplexer)
  }

  override func settled(handed token: UInt64, _ outcome: MessageOutcome, on: StreamReference, of: Multiplexer) {
    guard sender.carriage.sessionSettled(self, token, outcome) else { return }
    end(token, outcome)
  }

  override func settled(token: UInt64, _ outcome: MessageOutcome, on: StreamReference, of: Multiplexer) {
    end(token, outcome)
  }

  func carried(_ number: UInt64, _ state: CarriedState) {
    switch state {
    case .stored, .forwarded: break
    case .delivered: end(number, .delivered)
    case .expired: end(number, .expired(maybeDelivered: true))
    case .returned, .refused: world.fail("\(name): message \(number) was given back for good: \(state)")
    }
  }

  private func end(_ token: UInt64, _ outcome: MessageOutcome) {
    guard !abandoned.contains(token) else { return }
    if outcomes.updateValue(outcome, forKey: token) != nil { world.fail("\(name): \(token) was settled twice") }
    switch outcome {
    case .delivered:
      if !released.contains(token) { world.fail("\(name): \(token) was told delivered, and was not released") }
    case .dropped:
      if !world.dropsOldest(.normal) { world.fail("\(name): \(token) dropped without a drop rule") }
      if released.contains(token) { world.fail("\(name): \(token) dropped, but was delivered") }
    default: world.fail("\(name): message \(token) ended as \(outcome)")
    }
  }

  // MARK: receiver

  func opened(_ stream: PeerStream, _ preamble: StreamPreamble) -> StreamAcceptance {
    stream.multiplexer.releaseByHand(stream.reference)
    return .accept(self)
  }

  override func received(_ run: inout MessageRun, on stream: StreamReference, of multiplexer: Multiplexer) {
    let before = run.consumed
    var tokens: [UInt64] = []
    while let message = run.next() {
      guard let token = take(message.body) else { return }
      tokens.append(token)
    }
    let bytes = run.consumed - before
    guard bytes > 0 else { return }
    let life = life
    // In the order in which they came, as the sender counts them.
    let longest: UInt64 = holdsLong && world.random.chance(10) ? 30_000 : 200
    heldUntil = max(heldUntil + 1, world.now + world.random.number(0...longest) * 1_000_000)
    world.at(heldUntil - world.now) { [unowned self, weak multiplexer] in
      guard life == self.life, let multiplexer else { return }
      released.formUnion(tokens)
      if let late = late[stream] {
        late.released(bytes)
      } else {
        multiplexer.release(bytes, of: stream, now: world.now)
      }
    }
  }

  private var heldUntil: UInt64 = 0

  func carried(_ message: CarriedMessage) -> CarriedAcceptance {
    if world.random.chance(10) { return .later }
    guard let token = message.body.withUnsafeBytes({ take($0) }) else { return .refused }
    carried += 1
    let life = life
    world.at(world.random.number(0...2000) * 1_000_000) { [unowned self] in
      guard life == self.life else { return }
      released.insert(token)
      receiver.carriage.released(message.reference)
    }
    return .taken
  }

  private func take(_ body: UnsafeRawBufferPointer) -> UInt64? {
    guard let token = Payload.number(of: body, flow: number) else {
      world.fail("\(name): a damaged message")
      return nil
    }
    if !takenInLife.insert(token).inserted { world.fail("\(name): message \(token) came twice") }
    if case .dropped? = outcomes[token] { world.fail("\(name): \(token) delivered after it was dropped") }
    return token
  }

  /// What must hold when the world has come to rest.
  func check() {
    if let missing = (0..<total).first(where: { outcomes[$0] == nil && !abandoned.contains($0) }) {
      world.fail("\(name): nothing was ever reported of message \(missing); \(outcomes.count) of \(total)")
    }
  }
}
