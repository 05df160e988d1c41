// SPDX-License-Identifier: Apache-2.0
import MeshEventLoop
import MeshMultiplexer
import MeshObserve
import MeshPluginHost
import MeshSession

extension Node {
  /// For goodbyes and for plugins to end, nanoseconds.
  private static let closingTime: UInt64 = 1_000_000_000
  private static let pollInterval: UInt64 = 10_000_000

  /// Ends the node: no new links, what is queued gets `drain` nanoseconds to arrive, peers are told, plugins are
  /// stopped, then `onStopped`.
  public func stop(drain: UInt64) {
    guard stopPhase == .running else { return }
    stopPhase = .draining
    stopDeadline = loop.now + drain
    log.info("stopping", [.duration("drain", nanoseconds: Int64(clamping: drain))])
    for transport in transports {
      for index in transport.listeners.indices {
        if let id = transport.listeners[index].id { try? host.unlisten(id) }
        transport.listeners[index].id = nil
      }
    }
    wantTurn()
  }

  /// After the stop, or instead of the start: the node gives its state folder back, and it and its loop let go of each
  /// other, for a process that goes on.
  public func dismantle() {
    stateLock = nil
    host.close()
    host.releaseEnded()
    networkWatch = nil
    onStopped = nil
    onPeer = nil
    // Whoever still waits to send has opened a stream anew since the sessions ended, and both hold each other.
    for peer in core.peers.values { peer.multiplexer?.close() }
    loop.dismantle()
  }

  private var isDrained: Bool {
    core.peers.values.allSatisfy { peer in
      guard !peer.links.isEmpty, let multiplexer = peer.multiplexer else { return true }
      // What was released and is not told would be sent again to the next life.
      return multiplexer.isIdle && !multiplexer.hasReleasesToTell
    }
  }

  /// Called at the end of each turn while the node stops.
  func continueStop() {
    let now = loop.now
    switch stopPhase {
    case .running, .stopped: return
    case .draining:
      guard isDrained || now >= stopDeadline else { return armPoll() }
      core.carriage.isStopping = true
      for session in Array(core.endpoint.sessions.values) { core.endpoint.end(session, code: CloseCode.done, now: now) }
      stopPhase = .closing
      stopDeadline = now + Node.closingTime
      areInstancesStopping = false
      wantTurn()
    case .closing:
      if !areInstancesStopping {
        areInstancesStopping = true
        if recordsUnsaved { _ = store.saveRecords() }
        for transport in transports {
          if let instance = transport.instance { try? host.stop(instance, deadline: now + Node.closingTime / 2) }
        }
      }
      let isDone = transports.allSatisfy { transport in
        guard let instance = transport.instance, let state = host.state(of: instance) else { return true }
        return state == .stopped || state == .stuck || state == .disabled || state == .created
      }
      // How far messages were read is on the disk before the process ends.
      guard isDone && core.carriage.isSaved || now >= stopDeadline else { return armPoll() }
      stopPhase = .stopped
      offloadPool.shutdown()
      leaveLoop()
      stateLock = nil
      log.info("stopped")
      onStopped?()
      onStopped = nil
    }
  }

  /// Nothing calls the node after this; the loop may go on for others.
  private func leaveLoop() {
    host.close()
    if let networkWatch { loop.forget(networkWatch) }
    loop.forget(self)
  }

  private func armPoll() {
    guard loop.now >= nextStopPoll else { return }
    nextStopPoll = loop.now + Node.pollInterval
    _ = loop.schedule(at: nextStopPoll, token: TimerKind.stop.rawValue, handler: self)
  }
}
