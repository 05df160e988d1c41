// SPDX-License-Identifier: Apache-2.0
import MeshControl
import MeshCrypto
import MeshEventLoop
import MeshMultiplexer
import MeshNode
import MeshService
import MeshSession
import MeshWire

extension Daemon {
  func registerMessages(on server: ControlServer) {
    server.register(SendMethod.self) { [unowned self] call, params in
      do throws(ControlError) { try self.send(call, params) } catch { call.fail(error) }
    }
    server.register(ListenMethod.self) { [unowned self] call, params in
      do throws(ControlError) {
        try Subscription.begin(call, params, self)
      } catch { call.fail(error) }
    }
    server.register(ReleaseMethod.self) { [unowned self] call, params in
      guard let subscription = self.subscriptions.first(where: { $0.serves(params.subscription, of: call) }) else {
        return call.fail(ControlError(.notFound, "there is no subscription \(params.subscription) on this connection"))
      }
      guard subscription.release(params.message) else {
        return call.fail(ControlError(.stale, "message \(params.message) is not held"))
      }
      self.node.wantTurn()
      call.reply(Nothing())
    }
  }

  private func send(_ call: ControlCall, _ message: OutgoingMessage) throws(ControlError) {
    let peer = try known(message.peer)
    let name = message.protocolName
    guard name.hasPrefix("/"), name.utf8.count <= StreamPreamble.nameLimit else {
      throw ControlError(.invalid, "'\(name)' is not a protocol", hint: "A protocol is named like /demo/1.")
    }
    let word = message.trafficClass ?? "normal"
    guard let trafficClass = TrafficClass.allCases.first(where: { $0.name == word }), trafficClass != .control else {
      throw ControlError(.invalid, "'\(word)' is not a traffic class")
    }
    // The wire has room for 16 bytes; longer and shorter keys are told apart by their digest.
    let key = message.key.map { $0.count == 16 ? $0 : Array(SHA256.hash($0).prefix(16)) }
    let acceptedAt = loop.now
    let loop = loop
    do throws(NodeError) {
      try node.send(
        message.payload, to: peer.id, protocol: name, trafficClass: trafficClass, key: key,
        lifetime: message.lifetime == 0 ? nil : message.lifetime,
        sent: { [unowned self] in
          let link = peer.session?.link(for: trafficClass)
          let transport = link.flatMap { self.node.transport(ofLink: $0.id)?.name }
          _ = call.event(MessageState(state: "sent", transport: transport))
        },
        carried: { state in if state == .stored { _ = call.event(MessageState(state: "stored")) } }
      ) { outcome in
        let duration = loop.now - acceptedAt
        switch outcome {
        case .delivered: call.reply(MeshControl.MessageOutcome(state: "delivered", duration: duration))
        case .expired(let maybe):
          let reason = maybe ? "its lifetime passed; it may have arrived" : "its lifetime passed before it was sent"
          call.reply(MeshControl.MessageOutcome(state: "expired", duration: duration, reason: reason))
        case .refused(let code):
          call.reply(
            MeshControl.MessageOutcome(state: "refused", duration: duration, reason: StreamCode.name(code)))
        case .dropped:
          let reason = "newer messages of its class filled the queue"
          call.reply(MeshControl.MessageOutcome(state: "dropped", duration: duration, reason: reason))
        }
      }
    } catch { throw error.controlError(message.peer) }
    let link = peer.session?.link(for: trafficClass)
    _ = call.event(MessageState(state: "queued", transport: link.flatMap { node.transport(ofLink: $0.id)?.name }))
  }
}
