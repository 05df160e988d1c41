// SPDX-License-Identifier: Apache-2.0
import BundleProtocol

extension TCPCLSession {
  func take(_ message: TCPCLMessage, now: UInt64) throws(ProtocolFault) {
    switch message {
    case .sessionInit(let parameters):
      guard phase == .initiation else { throw .unexpectedMessage(message.code.rawValue) }
      take(parameters, now: now)
    case .keepAlive: break
    case .termination(let reason, _): terminationArrived(reason, now: now)
    case .rejection(_, let type): end(.rejected(type: type))
    case .segment(let segment):
      guard phase != .initiation else { throw .unexpectedMessage(message.code.rawValue) }
      lastTransfer = now
      try take(segment)
      if segment.length == 0 { segmentEnded() }
    case .acknowledgment(let acknowledgment):
      lastTransfer = now
      try take(acknowledgment)
      finishIfDone()
    case .refusal(let reason, let transfer):
      try takeRefusal(reason, transfer)
      finishIfDone()
    }
  }

  // MARK: bundles from the peer

  private func take(_ segment: TCPCLMessage.Segment) throws(ProtocolFault) {
    let unexpected = ProtocolFault.unexpectedMessage(TCPCLMessage.Code.segment.rawValue)
    guard segment.length <= settings.segmentLimit else {
      throw .excessive("a segment of \(segment.length) bytes, more than \(settings.segmentLimit)")
    }
    if segment.flags.contains(.start) {
      guard incoming?.isRefused ?? true, !isUnsettled(segment.transfer) else { throw unexpected }
      incoming = Incoming(transfer: segment.transfer)
      begin(segment)
    } else {
      guard incoming?.transfer == segment.transfer else { throw unexpected }
    }
    incoming?.flags = segment.flags
    incoming?.missing = segment.length
    guard let current = incoming, !current.isRefused else { return }
    let total = UInt64(current.bundle.count).addingClamped(segment.length)
    if total > settings.transferLimit || total > current.announced ?? .max { refuseIncoming(.notAcceptable) }
  }

  private func begin(_ segment: TCPCLMessage.Segment) {
    if phase == .ending { return refuseIncoming(.sessionTerminating) }
    for item in segment.extensions {
      if item.type == ExtensionItem.transferLength {
        guard item.value.count == 8, incoming?.announced == nil else { return refuseIncoming(.extensionFailure) }
        incoming?.announced = item.value.reduce(0) { $0 << 8 | UInt64($1) }
      } else if item.isCritical {
        return refuseIncoming(.extensionFailure)
      }
    }
    let expected = incoming?.announced ?? segment.length
    if expected > settings.transferLimit { return refuseIncoming(.notAcceptable) }
    // What a peer merely says it will send must not cost memory.
    incoming?.bundle.reserveCapacity(Int(min(expected, 1 << 20)))
  }

  private func refuseIncoming(_ reason: RefusalReason) {
    guard let current = incoming, !current.isRefused else { return }
    incoming?.isRefused = true
    incoming?.bundle = []
    answers.append(.ready(.refusal(reason, transfer: current.transfer)))
    writeAnswers()
  }

  private func isUnsettled(_ transfer: UInt64) -> Bool {
    answers.contains { if case .waiting(let end) = $0 { end.transfer == transfer } else { false } }
  }

  /// Takes data of the segment that is arriving from the front of `bytes`; returns how much.
  func takeData(_ bytes: UnsafeRawBufferPointer, now: UInt64) -> Int {
    guard let missing = incoming?.missing, missing > 0 else { return 0 }
    let count = Int(min(missing, UInt64(bytes.count)))
    guard count > 0 else { return 0 }
    lastTransfer = now
    if incoming?.isRefused == false {
      incoming?.bundle.append(contentsOf: UnsafeRawBufferPointer(rebasing: bytes[..<count]))
    }
    incoming?.missing -= UInt64(count)
    if incoming?.missing == 0 { segmentEnded() }
    return count
  }

  private func segmentEnded() {
    guard let current = incoming else { return }
    let isEnd = current.flags.contains(.end)
    guard !current.isRefused else {
      if isEnd { incoming = nil }
      return finishIfDone()
    }
    let length = UInt64(current.bundle.count)
    let acknowledgment = TCPCLMessage.Acknowledgment(flags: current.flags, transfer: current.transfer, length: length)
    guard isEnd else {
      answers.append(.ready(.acknowledgment(acknowledgment)))
      return writeAnswers()
    }
    guard current.announced ?? length == length else {
      refuseIncoming(.notAcceptable)
      incoming = nil
      return
    }
    incoming = nil
    answers.append(.waiting(acknowledgment))
    unsettled += 1
    unsettledSize += current.bundle.count
    events.append(.arrived(transfer: current.transfer, bundle: current.bundle))
  }

  /// Says what became of a bundle that arrived; its last acknowledgment or its refusal goes out.
  public func settle(_ transfer: UInt64, _ verdict: TransferVerdict, now: UInt64) {
    let index = answers.firstIndex { if case .waiting(let end) = $0 { end.transfer == transfer } else { false } }
    guard let index, case .waiting(let end) = answers[index] else { return }
    // Time that the peer had to wait for this side is not its silence.
    if isPaused { lastHeard = now }
    unsettled -= 1
    unsettledSize -= Int(end.length)
    lastTransfer = now
    switch verdict {
    case .stored: answers[index] = .ready(.acknowledgment(end))
    case .refused(let reason): answers[index] = .ready(.refusal(reason, transfer: transfer))
    }
    writeAnswers()
    finishIfDone()
  }

  private func writeAnswers() {
    var count = 0
    while count < answers.count, case .ready(let message) = answers[count] {
      message.write(to: &output)
      count += 1
    }
    answers.removeFirst(count)
  }
}
