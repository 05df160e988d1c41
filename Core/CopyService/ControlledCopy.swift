// SPDX-License-Identifier: Apache-2.0
import MeshControl
import MeshFileTransfer
import MeshSession
import MeshWire

/// One `copy.send` call and its transfer. The call's closures keep it until the call has ended.
final class ControlledCopy {
  private let call: ControlCall
  private let offer: CopyOffer
  private let source: PushedBytes
  private let path: () -> (transport: String, reason: String)?
  private var file: OutgoingFile?
  private var transport: String?
  private var moves: UInt64 = 0
  private var stored: UInt64 = 0

  init(_ call: ControlCall, _ offer: CopyOffer, path: @escaping () -> (transport: String, reason: String)?) {
    self.call = call
    self.offer = offer
    self.path = path
    source = PushedBytes(label: offer.fileName, size: offer.size, digest: offer.digest)
  }

  func begin(_ sender: FileSender, to peer: NodeID, _ trafficClass: TrafficClass) {
    call.onData = { [self] bytes in
      if !source.push(bytes) {
        call.fail(ControlError(.protocol, "more data came for '\(offer.fileName)' than its size"))
        file?.cancel()
      }
    }
    call.onEnd = { [self] in source.finish() }
    call.onCancel = { [self] in file?.cancel() }
    source.onStart = { [self] offset in
      stored = offset
      notePath()
      _ = call.event(CopyProgress(state: "ready", offset: offset, transport: transport))
    }
    source.onRoom = { [call] bytes in call.grant(bytes) }
    file = sender.send(
      source, to: peer, name: offer.fileName, force: offer.force, trafficClass: trafficClass
    ) { [self] progress in report(progress) }
  }

  private func report(_ progress: FileProgress) {
    guard call.isOpen else { return }
    stored = progress.done
    notePath()
    switch progress.state {
    case .done(let outcome):
      call.reply(
        CopyOutcome(
          fileName: offer.fileName, size: outcome.size, digest: outcome.digest, duration: outcome.duration,
          resumedAt: outcome.resumedAt, moves: moves))
    case .failed(let error): call.fail(ControlError(Self.code(error), error.text, hint: error.advice))
    case .verifying: event("verifying")
    case .hashing, .waiting, .sending, .resuming: event("sending")
    }
  }

  /// A client that is too slow misses a report; the next one says more.
  private func event(_ state: String) {
    _ = call.event(CopyProgress(state: state, offset: stored, transport: transport))
  }

  private func notePath() {
    guard let now = path(), now.transport != transport else { return }
    let isFirst = transport == nil
    transport = now.transport
    if isFirst { return }
    moves += 1
    _ = call.event(CopyProgress(state: "moved", offset: stored, transport: now.transport, note: now.reason))
  }

  static func code(_ error: FileTransferError) -> ErrorCode {
    switch error {
    case .unreadable, .changed: .io
    case .closed(_, 1): .unsupported
    case .closed(_, 2): .permission
    case .closed: .closed
    case .stalled: .timeout
    case .unknownPeer: .notFound
    case .cannotGoBack: .state
    case .malformedAnswer: .protocol
    case .cancelled: .cancelled
    case .refused(_, let refusal):
      switch refusal.code {
      case .exists: .exists
      case .badName: .invalid
      case .noSpace, .storage, .mismatch: .io
      case .tooLarge: .limit
      case .inUse, .busy: .busy
      case .malformed: .protocol
      }
    }
  }
}
