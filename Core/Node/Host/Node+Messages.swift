// SPDX-License-Identifier: Apache-2.0
import MeshEventLoop
import MeshMultiplexer
import MeshObserve
import MeshSession
import MeshWire

extension Node {
  /// Queues a message and tells its fate once. `sent` is called before that, when all its bytes were handed to a link or
  /// another node keeps it; `carried` at each step of a message that no link took in time.
  /// Returns a token for `forget`.
  @discardableResult
  public func send(
    _ body: [UInt8], to peer: NodeID, protocol name: String, trafficClass: TrafficClass = .normal,
    key: [UInt8]? = nil, lifetime: UInt64? = nil, isOrdered: Bool = true, sent: (() -> Void)? = nil,
    carried: ((CarriedState) -> Void)? = nil,
    settled: @escaping (MessageOutcome) -> Void
  ) throws(NodeError) -> UInt64 {
    nextToken += 1
    let token = nextToken
    let acceptedAt = loop.now
    let metrics = metrics
    let loop = loop
    outgoing.wait(for: token, sent: sent) { outcome in
      switch outcome {
      case .delivered:
        metrics.messagesSent.add()
        metrics.delivery.record(loop.now - acceptedAt)
      case .expired: metrics.messagesExpired.add()
      case .refused: metrics.messagesRefused.add()
      // The core counts them, with those of which nobody wants to hear.
      case .dropped: break
      }
      settled(outcome)
    }
    if let carried { outgoing.watchCarrier(token, carried) }
    let isKnown = (key ?? []).withUnsafeBytes { core.carriage.isKnown($0, for: peer, name: name) }
    if let lifetime, core.peers[peer] != nil, isKnown || core.carriage.isWanted(for: peer),
      body.count <= Envelope.bodyLimit
    {
      let message = OutgoingCarriage(
        peer: peer, name: name, trafficClass: trafficClass, key: key ?? [], body: body,
        deadline: loop.now.addingReportingOverflow(lifetime).overflow ? .max : loop.now + lifetime)
      core.carriage.wait(
        message, number: token, reportsSent: sent != nil, isOrdered: isOrdered, handler: outgoing, now: loop.now)
      core.want(peer, now: loop.now)
      wantTurn()
      return token
    }
    do throws(NodeError) {
      try body.withUnsafeBufferPointer { (bytes) throws(NodeError) in
        try core.send(
          UnsafeRawBufferPointer(bytes), to: peer, protocol: name, trafficClass: trafficClass,
          options: MessageOptions(
            idempotencyKey: key, lifetime: lifetime, token: token, reportsSent: sent != nil, isOrdered: isOrdered,
            mayBeHandedOver: lifetime != nil && body.count <= Envelope.bodyLimit),
          handler: outgoing, now: loop.now)
      }
    } catch {
      outgoing.forget(token)
      throw error
    }
    core.want(peer, now: loop.now)
    wantTurn()
    return token
  }

  /// Runs something in this turn when nobody is on the stack.
  public func afterwards(_ body: @escaping () -> Void) { later.run(body) }

  /// Bytes that wait for a peer, sent or not, and are not confirmed.
  public func queuedBytes(for peer: Peer) -> UInt64 {
    guard let multiplexer = peer.multiplexer else { return 0 }
    let flows = Array(peer.flows.values) + peer.unorderedFlows.values.joined()
    return flows.reduce(0) { $0 + UInt64(multiplexer.unconfirmed($1)) }
  }
}
