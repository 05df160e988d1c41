// SPDX-License-Identifier: Apache-2.0
import MeshControl
import MeshEventLoop
import MeshMultiplexer
import MeshNode
import MeshObserve
import MeshService
import MeshSession
import MeshWire

/// An application that serves a protocol through the control socket. A message counts as delivered once the
/// application has released it; at most `window` are unreleased at a time.
final class Subscription: ProtocolServer {
  private let call: ControlCall
  private let name: String
  private let window: Int
  private unowned let daemon: Daemon
  private var readers: [SubscriptionReader] = []
  private var lastMessage: UInt64 = 0
  private(set) var held: [UInt64: SubscriptionReader] = [:]
  /// Those that came with a carrier.
  private var carried: [UInt64: CarriedReference] = [:]

  static func begin(_ call: ControlCall, _ params: MeshControl.Subscription, _ daemon: Daemon) throws(ControlError) {
    let name = params.protocolName
    guard name.hasPrefix("/"), name.utf8.count <= StreamPreamble.nameLimit else {
      throw ControlError(.invalid, "'\(name)' is not a protocol", hint: "A protocol is named like /demo/1.")
    }
    let subscription = Subscription(call, name, Int(min(max(params.window, 1), 4096)), daemon)
    do throws(NodeError) {
      try daemon.node.core.serve(name, with: subscription)
    } catch { throw error.controlError(name) }
    daemon.subscriptions.append(subscription)
    call.onCancel = { subscription.end() }
    call.onRoom = { subscription.resume() }
  }

  private init(_ call: ControlCall, _ name: String, _ window: Int, _ daemon: Daemon) {
    self.call = call
    self.name = name
    self.window = window
    self.daemon = daemon
  }

  /// Whether `id` is this subscription, as the connection of `other` counts.
  func serves(_ id: UInt64, of other: ControlCall) -> Bool {
    call.id == id && call.credentials == other.credentials && call.isOpen && call.isOnSameConnection(as: other)
  }

  func opened(_ stream: PeerStream, _ preamble: StreamPreamble) -> StreamAcceptance {
    guard call.isOpen, preamble.kind == .messages else { return .refuse(code: StreamCode.noSuchProtocol) }
    guard daemon.node.permits(stream.peer, name) else { return .refuse(code: StreamCode.notAllowed) }
    stream.multiplexer.releaseByHand(stream.reference)
    let reader = SubscriptionReader(self, stream)
    readers.append(reader)
    return .accept(reader)
  }

  func carried(_ message: CarriedMessage) -> CarriedAcceptance {
    guard call.isOpen else { return .refused }
    guard held.count + carried.count < window else { return .later }
    let number = lastMessage + 1
    let event = IncomingMessage(
      message: number, peer: message.peer.name.isEmpty ? message.peer.id.name : message.peer.name, protocolName: name,
      payload: message.body, key: message.key.isEmpty ? nil : message.key)
    guard call.event(event) else { return .later }
    lastMessage = number
    carried[number] = message.reference
    return .taken
  }

  /// Whether a message over a session came with a carrier before.
  func before(_ message: Message, of peer: Peer) -> CarriedBefore {
    guard let key = message.idempotencyKey else { return .no }
    return daemon.node.core.carriage.wasCarried(key, from: peer.id, name: name)
  }

  func afterwards(_ body: @escaping (UInt64) -> Void) {
    daemon.node.afterwards { [daemon] in
      body(daemon.loop.now)
      daemon.node.wantTurn()
    }
  }

  /// Reports a message; nil when the application cannot take it now.
  func offer(_ message: Message, from peer: Peer, to reader: SubscriptionReader) -> UInt64? {
    guard held.count + carried.count < window else { return nil }
    let number = lastMessage + 1
    let event = IncomingMessage(
      message: number, peer: peer.name.isEmpty ? peer.id.name : peer.name, protocolName: name,
      payload: Array(message.body), key: message.idempotencyKey.map { Array($0) })
    guard call.event(event) else { return nil }
    lastMessage = number
    held[number] = reader
    return number
  }

  /// False for a message that is not held.
  func release(_ number: UInt64) -> Bool {
    if let reference = carried.removeValue(forKey: number) {
      daemon.node.metrics.messagesReceived.add()
      daemon.node.core.carriage.released(reference)
      resume()
      return true
    }
    guard let reader = held.removeValue(forKey: number) else { return false }
    daemon.node.metrics.messagesReceived.add()
    reader.released(number, now: daemon.loop.now)
    resume()
    return true
  }

  func resume() {
    for reader in readers { reader.resume(now: daemon.loop.now) }
    daemon.node.wantTurn()
  }

  func forget(_ reader: SubscriptionReader) {
    readers.removeAll { $0 === reader }
    held = held.filter { $0.value !== reader }
  }

  /// Senders learn that what was not released never will be.
  private func end() {
    daemon.node.core.stopServing(name)
    daemon.subscriptions.removeAll { $0 === self }
    for reader in readers { reader.stop() }
    readers = []
    held = [:]
    for reference in carried.values { daemon.node.core.carriage.returned(reference) }
    carried = [:]
    daemon.node.wantTurn()
  }
}

/// One peer's messages for a subscription, released in order whatever the order of the application.
final class SubscriptionReader: StreamHandler {
  private struct Entry {
    var number: UInt64
    var bytes: Int
    var isReleased: Bool
  }

  private unowned let subscription: Subscription
  private let stream: PeerStream
  private var entries: [Entry] = []
  /// Once the conversation is over and something is still held.
  private var late: (any LateReleases)?

  init(_ subscription: Subscription, _ stream: PeerStream) {
    self.subscription = subscription
    self.stream = stream
  }

  override func received(_ run: inout MessageRun, on reference: StreamReference, of multiplexer: Multiplexer) {
    while true {
      // Taken only once the application has it.
      var ahead = run
      let before = run.consumed
      guard let message = ahead.next() else {
        // What was given up unsent has nothing to be released.
        if ahead.consumed > before { skip(ahead.consumed - before) }
        run = ahead
        return
      }
      switch subscription.before(message, of: stream.peer) {
      case .no: break
      case .isHeld: return
      case .wasReleased:
        skip(ahead.consumed - before)
        run = ahead
        continue
      }
      guard let number = subscription.offer(message, from: stream.peer, to: self) else { return }
      run = ahead
      entries.append(Entry(number: number, bytes: run.consumed - before, isReleased: false))
    }
  }

  /// A repetition of what came with a carrier counts as released; nothing can be released of what is being read.
  private func skip(_ bytes: Int) {
    entries.append(Entry(number: 0, bytes: bytes, isReleased: true))
    subscription.afterwards { [self] now in giveBack(now: now) }
  }

  func released(_ number: UInt64, now: UInt64) {
    guard let index = entries.firstIndex(where: { $0.number == number }) else { return }
    entries[index].isReleased = true
    giveBack(now: now)
  }

  private func giveBack(now: UInt64) {
    var bytes = 0
    var count = 0
    for entry in entries {
      guard entry.isReleased else { break }
      bytes += entry.bytes
      count += 1
    }
    entries.removeFirst(count)
    guard bytes > 0 else { return }
    guard let late else { return stream.multiplexer.release(bytes, of: reference, now: now) }
    late.released(bytes)
    if entries.isEmpty { subscription.forget(self) }
  }

  private var reference: StreamReference { stream.reference }

  func resume(now: UInt64) { stream.multiplexer.resume(reference, now: now) }

  func stop() {
    late?.dropped()
    late = nil
    stream.multiplexer.stop(reference, code: StreamCode.applicationEnded)
  }

  override func ended(_ reference: StreamReference, code: UInt64?, of multiplexer: Multiplexer) {
    // After an orderly end what is held can still be released.
    if code != nil, late == nil { subscription.forget(self) }
  }

  override func outlives(_ late: any LateReleases, on stream: StreamReference) -> Bool {
    guard !entries.isEmpty else { return false }
    self.late = late
    return true
  }
}
