// SPDX-License-Identifier: Apache-2.0
import BundleProtocol

extension TCPCLSession {
  /// What the peer has said.
  public var largestTransfer: UInt64 { peerTransferLimit }

  /// Begins to send a bundle, which has at least one byte.
  public func send(_ bundle: [UInt8], now: UInt64) -> SendAnswer {
    precondition(!bundle.isEmpty)
    guard phase == .established, nextTransfer < .max else { return .unavailable }
    guard UInt64(bundle.count) <= peerTransferLimit else { return .tooLarge(limit: peerTransferLimit) }
    guard outgoing.isEmpty || (outgoing.count < settings.window && outgoingSize < settings.windowSize) else {
      return .busy
    }
    let transfer = nextTransfer
    nextTransfer += 1
    outgoing.append(Outgoing(transfer: transfer, bundle: bundle))
    outgoingSize += bundle.count
    lastTransfer = now
    return .begun(transfer: transfer)
  }

  /// Lends the bytes that are to be sent.
  public func withOutput<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
    fillOutput()
    return output.withBytes(body)
  }

  /// Forgets the first `count` bytes of the output.
  public func wrote(_ count: Int, now: UInt64) {
    if isPaused { lastHeard = now }
    output.consume(count)
    if count > 0 { lastSent = now }
  }

  /// Segments of one bundle after the other, as long as the output is not too long.
  private func fillOutput() {
    guard phase == .established || phase == .ending else { return }
    var index = outgoing.firstIndex { $0.sent < $0.bundle.count } ?? outgoing.count
    while index < outgoing.count, output.count < Self.outputMark {
      writeSegment(of: index)
      if outgoing[index].sent == outgoing[index].bundle.count { index += 1 }
    }
  }

  private func writeSegment(of index: Int) {
    let start = outgoing[index].sent
    let total = outgoing[index].bundle.count
    let size = min(total - start, settings.segmentSize, Int(min(peerSegmentLimit, UInt64(Int.max))))
    var flags: TransferFlags = []
    var extensions: [ExtensionItem] = []
    if start == 0 {
      flags.insert(.start)
      // One segment says its length itself (RFC 9174 section 5.2.5.1).
      if size < total {
        let length = withUnsafeBytes(of: UInt64(total).bigEndian) { Array($0) }
        extensions = [ExtensionItem(isCritical: false, type: ExtensionItem.transferLength, value: length)]
      }
    }
    if start + size == total { flags.insert(.end) }
    let segment = TCPCLMessage.Segment(
      flags: flags, transfer: outgoing[index].transfer, extensions: extensions, length: UInt64(size))
    TCPCLMessage.segment(segment).write(to: &output)
    output.append(outgoing[index].bundle[start..<(start + size)])
    outgoing[index].sent = start + size
  }

  func take(_ acknowledgment: TCPCLMessage.Acknowledgment) throws(ProtocolFault) {
    guard let index = outgoing.firstIndex(where: { $0.transfer == acknowledgment.transfer }) else {
      return try checkIsOld(acknowledgment.transfer, .acknowledgment)
    }
    let current = outgoing[index]
    guard acknowledgment.length <= UInt64(current.sent), acknowledgment.length >= current.acknowledged else {
      throw .malformed("\(acknowledgment.length) bytes are acknowledged of \(current.sent) that were sent")
    }
    outgoing[index].acknowledged = acknowledgment.length
    let isWhole = acknowledgment.length == UInt64(current.bundle.count)
    guard isWhole || !acknowledgment.flags.contains(.end) else {
      throw .malformed("the end is acknowledged at \(acknowledgment.length) of \(current.bundle.count) bytes")
    }
    // By its length and not by its flags, which some stacks do not give back.
    if isWhole {
      forget(index)
      events.append(.accepted(transfer: acknowledgment.transfer))
    }
  }

  func takeRefusal(_ reason: RefusalReason, _ transfer: UInt64) throws(ProtocolFault) {
    guard let index = outgoing.firstIndex(where: { $0.transfer == transfer }) else {
      return try checkIsOld(transfer, .refusal)
    }
    forget(index)
    events.append(.refused(transfer: transfer, reason))
  }

  private func forget(_ index: Int) {
    outgoingSize -= outgoing[index].bundle.count
    outgoing.remove(at: index)
  }

  /// Answers may cross a refusal; but nothing can be said of what was never sent.
  private func checkIsOld(_ transfer: UInt64, _ code: TCPCLMessage.Code) throws(ProtocolFault) {
    guard transfer < nextTransfer else { throw .unexpectedMessage(code.rawValue) }
  }
}
