// SPDX-License-Identifier: Apache-2.0

import MeshMultiplexer
import MeshSession
import MeshTransportManager
import MeshWire

extension NodeCore: StreamAcceptor {
  /// Serves a protocol for all peers. There is one server for a name.
  public func serve(_ name: String, with server: any ProtocolServer) throws(NodeError) {
    guard servers[name] == nil else { throw .served }
    servers[name] = server
    carriage.served()
  }

  /// Streams of the protocol are refused from now on; open ones go on.
  public func stopServing(_ name: String) { servers[name] = nil }

  /// Hands a stream that a peer opened to the protocol's server.
  public func opened(
    _ stream: StreamReference, _ preamble: StreamPreamble, of multiplexer: Multiplexer
  ) -> StreamAcceptance {
    guard let server = servers[preamble.name], let peer = peersByHandle[PeerHandle(rawValue: multiplexer.tag)] else {
      return .refuse(code: StreamCode.noSuchProtocol)
    }
    return server.opened(PeerStream(peer: peer, multiplexer: multiplexer, reference: stream), preamble)
  }

  /// The multiplexer of a peer. The peer may not be connected: then what is queued waits for a path.
  public func multiplexer(for id: NodeID, now: UInt64) throws(NodeError) -> (peer: Peer, multiplexer: Multiplexer) {
    self.now = now
    guard let peer = peers[id] else { throw .unknownPeer }
    if let multiplexer = peer.multiplexer { return (peer, multiplexer) }
    guard hasRoomForSession(with: id, now: now) else {
      observer?.sessionRefused(id, limit: sessionLimit, now: now)
      throw .sessionLimit
    }
    guard let session = endpoint.session(with: id, now: now) else { throw .unknownPeer }
    let adopted = try adopt(session)
    guard let multiplexer = adopted.multiplexer else { throw .unknownPeer }
    if !peer.addresses.isEmpty {
      transports.wants(peer.handle, now: now)
      transportsChanged = true
    }
    return (adopted, multiplexer)
  }

  /// Opens a stream to a peer.
  public func open(
    _ preamble: StreamPreamble, to id: NodeID, handler: StreamHandler, now: UInt64
  ) throws(NodeError) -> PeerStream {
    let (peer, multiplexer) = try multiplexer(for: id, now: now)
    do throws(SendRefusal) {
      return PeerStream(
        peer: peer, multiplexer: multiplexer, reference: try multiplexer.open(preamble, handler: handler))
    } catch { throw .refused(error) }
  }

  /// Queues a message, kept until the peer's application has released it: ordered among those of the same protocol and
  /// class, unless the options say otherwise. `handler` learns what became of messages with a token.
  public func send(
    _ body: UnsafeRawBufferPointer, to id: NodeID, protocol name: String, trafficClass: TrafficClass = .normal,
    options: MessageOptions? = nil, handler: @autoclosure () -> StreamHandler = StreamHandler(), now: UInt64
  ) throws(NodeError) {
    let (peer, multiplexer) = try multiplexer(for: id, now: now)
    let key = Peer.FlowKey(name: name, trafficClass: trafficClass)
    do throws(SendRefusal) {
      if options?.isOrdered == false {
        let flow = try unorderedFlow(key, of: peer, multiplexer, handler: handler)
        return try multiplexer.send(body, options: options, to: flow, now: now)
      }
      if let flow = peer.flows[key] {
        do throws(SendRefusal) {
          return try multiplexer.send(body, options: options, to: flow, now: now)
        } catch .closed { peer.flows[key] = nil } catch { throw error }
      }
      let flow = try multiplexer.open(preamble(key), handler: handler())
      peer.flows[key] = flow
      try multiplexer.send(body, options: options, to: flow, now: now)
    } catch { throw .refused(error) }
  }

  /// Sends an unreliable message: it arrives once or not at all, in no order. What waits too long in the queue goes
  /// first; nothing is reported. Throws `tooLarge` when no link of the peer has packets that large.
  public func send(
    datagram body: UnsafeRawBufferPointer, to id: NodeID, protocol name: String, trafficClass: TrafficClass = .normal,
    now: UInt64
  ) throws(NodeError) {
    let (peer, multiplexer) = try multiplexer(for: id, now: now)
    if let limit = peer.datagramLimit, body.count > limit { throw .refused(.tooLarge) }
    let key = Peer.FlowKey(name: name, trafficClass: trafficClass)
    do throws(SendRefusal) {
      if let flow = peer.datagramFlows[key] {
        do throws(SendRefusal) {
          return try multiplexer.send(datagram: body, to: flow)
        } catch .closed { peer.datagramFlows[key] = nil } catch { throw error }
      }
      let flow = try multiplexer.open(preamble(key), handler: StreamHandler())
      peer.datagramFlows[key] = flow
      try multiplexer.send(datagram: body, to: flow)
    } catch { throw .refused(error) }
  }

  /// Messages given up for newer ones, in all sessions since the start.
  public var messagesDropped: UInt64 {
    peers.values.reduce(endedDrops.messages) { $0 + ($1.multiplexer?.counters.messagesDropped ?? 0) }
  }

  /// Unreliable messages given up before they left, in all sessions since the start.
  public var datagramsDropped: UInt64 {
    peers.values.reduce(endedDrops.datagrams) { $0 + ($1.multiplexer?.counters.datagramsDropped ?? 0) }
  }

  private func preamble(_ key: Peer.FlowKey) -> StreamPreamble {
    StreamPreamble(kind: .messages, trafficClass: key.trafficClass, name: key.name)
  }

  /// The stream for the next unordered message: one on which nothing waits, a new one as long as there are few, else
  /// the one with the least; see `docs/decisions/0007-unordered-messages.md`.
  private func unorderedFlow(
    _ key: Peer.FlowKey, of peer: Peer, _ multiplexer: Multiplexer, handler: () -> StreamHandler
  ) throws(SendRefusal) -> StreamReference {
    var least: StreamReference?
    var fewest = Int.max
    let flows = peer.unorderedFlows[key] ?? []
    var open = 0
    for flow in flows where multiplexer.mayWrite(flow) {
      open += 1
      let waiting = multiplexer.unconfirmed(flow)
      if waiting < fewest { (least, fewest) = (flow, waiting) }
      if waiting == 0 { return flow }
    }
    if open < flows.count { peer.unorderedFlows[key] = flows.filter { multiplexer.mayWrite($0) } }
    // The last streams are left to those who cannot share.
    if let least, open >= Peer.unorderedLimit || !multiplexer.hasManyFreeStreams { return least }
    do throws(SendRefusal) {
      let flow = try multiplexer.open(preamble(key), handler: handler())
      peer.unorderedFlows[key, default: []].append(flow)
      return flow
    } catch {
      // Without another stream the messages share those that there are.
      guard let least else { throw error }
      return least
    }
  }
}
