// SPDX-License-Identifier: Apache-2.0
import MeshControl
import MeshCrypto
import MeshEventLoop
import MeshNode
import MeshObserve
import MeshWire

extension NodeService {
  func registerStatus(on server: ControlServer) {
    server.answer(StatusMethod.self) { [unowned self] _ in self.status }
    server.answer(IDMethod.self) { [unowned self] _ in
      NodeIdentity(id: self.node.identity.id.name, addresses: self.node.advertisedAddresses)
    }
    server.answer(InviteMethod.self) { [unowned self] params throws(ControlError) in
      let addresses = params.addresses.isEmpty ? self.node.advertisedAddresses : params.addresses
      do throws(Invitation.Failure) {
        return InvitationLine(invitation: try Invitation(id: self.node.identity.id, addresses: addresses).description)
      } catch { throw ControlError(.invalid, "\(error)") }
    }
    server.answer(MetricsMethod.self) { [unowned self] _ in
      MetricsText(text: String(decoding: PrometheusText.render(self.node.metricFamilies()), as: UTF8.self))
    }
  }

  private var status: NodeStatus {
    let peers = node.core.peers.values
    return NodeStatus(
      id: node.identity.id.name, version: version, uptime: loop.now - node.startedAt, configuration: configurationPath,
      peers: UInt64(peers.count), sessions: UInt64(node.connectedPeers), links: UInt64(node.confirmedLinks),
      memory: node.residentBytes, messagesSent: node.metrics.messagesSent.value,
      messagesReceived: node.metrics.messagesReceived.value,
      queued: peers.reduce(0) { $0 + node.queuedBytes(for: $1) },
      transports: node.transports.map { info($0) }, problems: problems)
  }

  /// Sentences about what needs a person.
  private var problems: [String] {
    var problems: [String] = []
    for transport in node.transports where transport.isEnabled {
      if let problem = transport.problem { problems.append("transport '\(transport.name)': \(problem)") }
      for listener in transport.listeners {
        if let problem = listener.problem { problems.append("'\(listener.address)' is not open: \(problem)") }
      }
    }
    return problems
  }
}
