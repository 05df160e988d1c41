// SPDX-License-Identifier: Apache-2.0
import MeshConfig
import MeshControl
import MeshNode
import MeshPluginHost
import MeshWire

extension NodeService {
  func registerTransports(on server: ControlServer) {
    server.answer(TransportListMethod.self) { [unowned self] _ in
      let sorted = self.node.transports.sorted { $0.settings.priority < $1.settings.priority }
      return TransportList(transports: sorted.map { self.info($0) })
    }
    server.answer(TransportEnableMethod.self) { [unowned self] params throws(ControlError) in
      let transport = try self.transport(params.name)
      self.node.enable(transport, true)
      return self.info(transport)
    }
    server.answer(TransportDisableMethod.self) { [unowned self] params throws(ControlError) in
      let transport = try self.transport(params.name)
      self.node.enable(transport, false)
      return self.info(transport)
    }
  }

  private func transport(_ name: String) throws(ControlError) -> NodeTransport {
    guard let transport = node.transport(named: name) else {
      throw ControlError(.notFound, "there is no transport '\(name)'", hint: "'meshctl transport' lists them.")
    }
    return transport
  }

  func info(_ transport: NodeTransport) -> TransportInfo {
    let state: String =
      switch transport.state {
      case _ where !transport.isEnabled: "disabled"
      case .running: "running"
      // Switched on again it waits for its former life to end.
      case .starting, .draining: "starting"
      case .created where transport.problem == nil: "starting"
      case .stopped where transport.problem == nil: "starting"
      default: "failed"
      }
    let closed = transport.listeners.compactMap { listener in
      listener.problem.map { "'\(listener.address)' is not open: \($0)" }
    }
    return TransportInfo(
      name: transport.name, plugin: transport.settings.plugin, state: state,
      priority: UInt64(clamping: transport.settings.priority), listeners: transport.listeners.compactMap(\.bound),
      links: UInt64(clamping: transport.links), bytesSent: transport.bytesSent,
      bytesReceived: transport.bytesReceived, reason: transport.problem ?? closed.first)
  }
}
