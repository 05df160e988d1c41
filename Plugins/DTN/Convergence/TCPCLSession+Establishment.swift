// SPDX-License-Identifier: Apache-2.0
import BundleProtocol

extension TCPCLSession {
  /// The peer's contact header (RFC 9174 sections 4.2 and 4.3).
  func takeContact() throws(ProtocolFault) -> Bool {
    let result = input.withBytes { bytes in
      Result { () throws(ProtocolFault) in try ContactHeader.read(bytes) }
    }
    guard let peer = try result.get() else { return false }
    input.consume(ContactHeader.size)
    if !isActive { contact.write(to: &output) }
    if contact.canTLS && peer.canTLS {
      phase = .tls
      events.append(.startTLS)
    } else if settings.tls == .required {
      turnAway(.contactFailure)
    } else {
      beginInitiation()
    }
    return true
  }

  func beginInitiation() {
    phase = .initiation
    if isActive { writeInit() }
  }

  private func writeInit() {
    let parameters = TCPCLMessage.SessionInit(
      keepAlive: settings.keepAlive, segmentLimit: settings.segmentLimit, transferLimit: settings.transferLimit,
      node: settings.node.isNull ? "" : settings.node.description)
    TCPCLMessage.sessionInit(parameters).write(to: &output)
  }

  /// What the peer wants of the session (RFC 9174 sections 4.6 and 4.7).
  func take(_ peer: TCPCLMessage.SessionInit, now: UInt64) {
    if !isActive { writeInit() }
    let node = peer.node.isEmpty ? nil : try? EndpointID(peer.node)
    guard peer.node.isEmpty || (node != nil && node?.isNull == false), isCertified(node), peer.segmentLimit > 0,
      !peer.extensions.contains(where: { $0.isCritical })
    else { return turnAway(.contactFailure) }
    peerSegmentLimit = peer.segmentLimit
    peerTransferLimit = peer.transferLimit
    keepAlive = UInt64(min(settings.keepAlive, peer.keepAlive)) * 1000
    phase = .established
    phaseEnd = .max
    lastTransfer = now
    events.append(.established(node: node))
  }

  /// Names of a node are equal when the nodes are, whatever service they name.
  private func isCertified(_ node: EndpointID?) -> Bool {
    guard settings.checksNode, let certified else { return true }
    guard let node = node?.node else { return false }
    return certified.contains { $0.node == node }
  }

  private func turnAway(_ reason: TerminationReason) {
    TCPCLMessage.termination(reason, isReply: false).write(to: &output)
    hasSentTermination = true
    end(.terminated(reason))
  }
}
