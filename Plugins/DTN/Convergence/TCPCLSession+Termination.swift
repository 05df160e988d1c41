// SPDX-License-Identifier: Apache-2.0
import BundleProtocol

extension TCPCLSession {
  /// Ends the session: what has begun is finished, the rest is given back.
  public func close(_ reason: TerminationReason, now: UInt64) {
    switch phase {
    case .ended, .ending: return
    case .contact, .tls: return end(.terminated(reason))
    case .initiation, .established: break
    }
    termination = reason
    beginEnding(isReply: false, now: now)
    finishIfDone()
  }

  func terminationArrived(_ reason: TerminationReason, now: UInt64) {
    guard !hasReceivedTermination else { return }
    hasReceivedTermination = true
    guard phase != .initiation else { return end(.terminated(reason)) }
    if !hasSentTermination {
      termination = reason
      beginEnding(isReply: true, now: now)
    }
    finishIfDone()
  }

  /// Bundles of which something was sent are finished, the others are given back (RFC 9174 section 6.1).
  private func beginEnding(isReply: Bool, now: UInt64) {
    TCPCLMessage.termination(termination, isReply: isReply).write(to: &output)
    hasSentTermination = true
    phase = .ending
    phaseEnd = now.addingClamped(settings.terminationTime)
    for one in outgoing where one.sent == 0 {
      events.append(.refused(transfer: one.transfer, .sessionTerminating))
    }
    outgoing.removeAll { $0.sent == 0 }
  }

  func finishIfDone() {
    guard phase == .ending, hasSentTermination, hasReceivedTermination, outgoing.isEmpty, answers.isEmpty else {
      return
    }
    if let incoming, !incoming.isRefused { return }
    end(.terminated(termination))
  }

  /// When `tick` is to be called.
  public var nextDeadline: UInt64? {
    guard phase != .ended else { return nil }
    var deadline = phaseEnd
    if phase == .established {
      if keepAlive > 0 {
        deadline = min(deadline, lastSent.addingClamped(keepAlive), lastHeard.addingClamped(keepAlive * 2))
      }
      if settings.idleTime > 0, isIdle { deadline = min(deadline, lastTransfer.addingClamped(settings.idleTime)) }
    }
    return deadline == .max ? nil : deadline
  }

  private var isIdle: Bool { outgoing.isEmpty && answers.isEmpty && incoming == nil }

  /// Does what the time asks for.
  public func tick(now: UInt64) {
    guard phase != .ended else { return }
    if now >= phaseEnd { return phaseOver() }
    guard phase == .established else { return }
    if isPaused { lastHeard = now }
    if keepAlive > 0 {
      if now >= lastHeard.addingClamped(keepAlive * 2) {
        // A peer that is silent will not answer either.
        TCPCLMessage.termination(.idleTimeout, isReply: false).write(to: &output)
        return end(.terminated(.idleTimeout))
      }
      if now >= lastSent.addingClamped(keepAlive) {
        if output.isEmpty { TCPCLMessage.keepAlive.write(to: &output) }
        lastSent = now
      }
    }
    if settings.idleTime > 0, isIdle, now >= lastTransfer.addingClamped(settings.idleTime) {
      close(.idleTimeout, now: now)
    }
  }

  private func phaseOver() {
    switch phase {
    case .ending: end(.terminated(termination))
    case .initiation:
      TCPCLMessage.termination(.contactFailure, isReply: false).write(to: &output)
      end(.terminated(.contactFailure))
    default: end(.terminated(.contactFailure))
    }
  }
}
