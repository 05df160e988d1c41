// SPDX-License-Identifier: Apache-2.0
import MeshControl
import MeshEventLoop
import MeshMultiplexer
import MeshNode
import MeshSession

extension NodeService {
  func registerPing(on server: ControlServer) {
    server.register(PingMethod.self) { [unowned self] call, params in
      do throws(ControlError) {
        let peer = try self.known(params.peer)
        PingRun(call, params, peer, self).next()
      } catch { call.fail(error) }
    }
  }
}

/// One call of `ping`: question after question. Its timer and its request keep it alive.
private final class PingRun: EventHandler {
  private let call: ControlCall
  private let params: PingParams
  private let peer: Peer
  private let service: NodeService
  private var sequence: UInt64 = 0
  private var times: [UInt64] = []
  private var request: RequestReference?
  private var startedAt: UInt64 = 0
  private var isWaiting = false
  private var timer: TimerID?

  init(_ call: ControlCall, _ params: PingParams, _ peer: Peer, _ service: NodeService) {
    self.call = call
    self.params = params
    self.peer = peer
    self.service = service
    super.init()
    call.onCancel = { self.end() }
  }

  func next() {
    sequence += 1
    startedAt = service.loop.now
    isWaiting = true
    let current = sequence
    do throws(NodeError) {
      request = try service.node.ping(peer.id) { [weak self] in self?.answered(current, $0) }
      arm(startedAt + min(max(params.timeout, 1_000_000), 3_600_000_000_000))
    } catch {
      end()
      call.fail(error.controlError(peer.label))
    }
  }

  private func arm(_ deadline: UInt64) {
    if let timer { service.loop.cancel(timer) }
    timer = service.loop.schedule(at: deadline, handler: self)
  }

  override func expired(token: UInt64) {
    timer = nil
    guard call.isOpen else { return }
    if isWaiting {
      // The answer is that there was none.
      if let request { service.node.core.cancel(request, now: service.loop.now) }
    } else {
      next()
    }
    service.node.wantTurn()
  }

  private func answered(_ number: UInt64, _ time: UInt64?) {
    guard isWaiting, number == sequence, call.isOpen else { return }
    isWaiting = false
    request = nil
    if let time { times.append(time) }
    let link = peer.session?.link(for: .interactive)
    let transport = time == nil ? nil : link.flatMap { service.node.transport(ofLink: $0.id)?.name }
    _ = call.event(PingReply(sequence: number, roundTrip: time, transport: transport))
    if times.count > 100_000 { times.removeFirst(50_000) }
    guard params.count == 0 || sequence < params.count else { return finish() }
    arm(max(startedAt + min(max(params.interval, 1_000_000), 3_600_000_000_000), service.loop.now + 1))
  }

  private func finish() {
    end()
    let sum = times.reduce(0, &+)
    call.reply(
      PingSummary(
        sent: sequence, received: UInt64(times.count), minimum: times.min(),
        mean: times.isEmpty ? nil : sum / UInt64(times.count), maximum: times.max()))
  }

  private func end() {
    if let timer { service.loop.cancel(timer) }
    timer = nil
    isWaiting = false
    if let request { service.node.core.cancel(request, now: service.loop.now) }
    request = nil
  }
}

extension NodeError {
  /// The error for a client; `peer` is the word that it used.
  public func controlError(_ peer: String) -> ControlError {
    switch self {
    case .unknownPeer: ControlError(.notFound, "there is no peer '\(peer)'")
    case .served: ControlError(.busy, "another application serves the protocol", hint: "There is one for a name.")
    case .peerLimit: ControlError(.limit, "there are as many peers as 'node.max_peers' allows")
    case .sessionLimit: ControlError(.limit, "there are as many sessions as 'node.max_sessions' allows")
    case .invalidKey: ControlError(.invalid, "an idempotency key has sixteen bytes")
    case .refused(.again): ControlError(.again, "the queue to '\(peer)' is full", hint: "Try again later.")
    case .refused(.tooLarge): ControlError(.limit, "the message is larger than '\(peer)' takes")
    case .refused(.closed): ControlError(.closed, "the stream to '\(peer)' is closed")
    case .refused(.streamLimit): ControlError(.limit, "too many streams to '\(peer)' are open")
    }
  }
}
