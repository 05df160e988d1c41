// SPDX-License-Identifier: Apache-2.0
import MeshControl
import MeshEventLoop
import MeshNode
import MeshSession
import MeshTransportManager
import MeshWire

extension NodeService {
  func registerWhy(on server: ControlServer) {
    server.answer(WhyMethod.self) { [unowned self] params throws(ControlError) in
      let peer = try self.known(params.peer)
      guard let why = self.node.core.transports.why(peer.handle, now: self.loop.now) else {
        throw ControlError(.internal, "nothing is known about the paths to '\(params.peer)'")
      }
      return self.report(why, peer)
    }
  }

  private func report(_ why: MeshTransportManager.WhyReport, _ peer: Peer) -> MeshControl.WhyReport {
    MeshControl.WhyReport(
      peer: peer.id.name, alias: peer.name.isEmpty ? nil : peer.name, state: state(of: peer),
      chosen: why.chosenTransport, reason: why.reason, paths: why.paths.map { row($0, at: why.at) },
      changes: why.decisions.reversed().map { decision in
        WhyChange(
          time: unixMilliseconds(decision.at), from: decision.from, to: decision.to, reason: decision.text, requeued: 0)
      })
  }

  private func row(_ path: MeshTransportManager.WhyPath, at now: UInt64) -> MeshControl.WhyPath {
    var retry: UInt64?
    let state: String
    switch path.state {
    case .active: state = "chosen"
    case .standby: state = "standby"
    case .suspect: state = "suspect"
    case .closing: state = "standby"
    case .dialing: state = "connecting"
    case .ready: state = path.last?.failure == nil ? "none" : "failed"
    case .waiting(let until), .breakerOpen(let until):
      state = "waiting"
      retry = until > now ? until - now : 0
    case .remembered: state = "failed"
    case .unavailable: state = "barred"
    }
    let last = path.last.map { outcome in
      outcome.failure.map { "\($0.stage.words): \($0.text)" } ?? "came up"
    }
    return MeshControl.WhyPath(
      transport: path.transport, address: path.address.isEmpty ? nil : path.address,
      priority: UInt64(clamping: path.priorityGroup), state: state, roundTrip: path.rtt,
      lastResult: last ?? "never tried", lastTime: path.last.map { unixMilliseconds($0.at) }, retryAfter: retry,
      reason: path.reason)
  }
}
