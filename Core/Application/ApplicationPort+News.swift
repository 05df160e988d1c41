// SPDX-License-Identifier: Apache-2.0
import CApplication
import CMeshABI
import MeshNode
import MeshObserve
import MeshPluginHost

extension ApplicationPort {
  /// Begins to tell what happens on the node. The first time with how things are.
  func subscribe(_ command: ApplicationCommand) {
    followLog(command.header.value)
    guard !isSubscribed else { return }
    isSubscribed = true
    node.addListener(watcher)
    for transport in node.transports { transportChanged(transport) }
    for peer in node.core.peers.values where !peer.links.isEmpty { peerChanged(peer, isConnected: true) }
  }

  func peerChanged(_ peer: Peer, isConnected: Bool) {
    let code = isConnected ? MESH_OK : MESH_E_CLOSED
    report(peer, MESH_ON_PEER, code: code, text: isConnected ? "connected" : "the last link is gone")
  }

  func peerUnreachable(_ peer: Peer, _ text: String) {
    report(peer, MESH_ON_PEER, code: MESH_E_UNREACHABLE, text: text)
  }

  func peerRestarted(_ peer: Peer) { report(peer, MESH_ON_RESTARTED, code: MESH_OK, text: "") }

  func linkChanged(_ peer: Peer, _ transport: String, _ event: LinkEvent, _ text: String) {
    let (value, code): (UInt32, Int32) =
      switch event {
      case .confirmed: (MESH_LINK_CONFIRMED, MESH_OK)
      case .suspect: (MESH_LINK_SUSPECT, MESH_E_TIMEOUT)
      case .recovered: (MESH_LINK_RECOVERED, MESH_OK)
      case .closed: (MESH_LINK_CLOSED, MESH_E_CLOSED)
      case .failed: (MESH_LINK_FAILED, MESH_E_RESET)
      }
    report(peer, MESH_ON_LINK, code: code, value: UInt64(value), meta: transport, text: text)
  }

  private func report(
    _ peer: Peer, _ kind: UInt32, code: Int32, value: UInt64 = 0, meta: String = "", text: String
  ) {
    let number = number(of: peer)
    let event = PortEvent(
      header: application_event(kind, peer: number, code: code, value: value), meta: Array(meta.utf8.prefix(256)),
      data: Array(text.utf8.prefix(1024)))
    if tellNow(event) { return }
    var entry = news.peers[number] ?? PortNews.OfPeer()
    switch kind {
    case MESH_ON_PEER: entry.state = event
    case MESH_ON_LINK: entry.link = event
    default: entry.restart = event
    }
    news.peers[number] = entry
  }

  func transportChanged(_ transport: NodeTransport) {
    var code = MESH_OK
    var text = transport.listeners.compactMap(\.bound).joined(separator: " ")
    if !transport.isRunning {
      code = MESH_E_STATE
      text = transport.problem ?? transport.state.rawValue
    } else if let problem = transport.listeners.compactMap(\.problem).first {
      code = MESH_E_ADDRESS
      text = problem
    }
    let event = PortEvent(
      header: application_event(MESH_ON_TRANSPORT, code: code), meta: Array(transport.name.utf8.prefix(256)),
      data: Array(text.utf8.prefix(4096)))
    if !tellNow(event) { news.transports[transport.index] = event }
  }

  /// Whether the event could be told without overtaking others.
  private func tellNow(_ event: PortEvent) -> Bool { waiting.isEmpty && news.isEmpty && append(event) }

  /// Tells what happened meanwhile, as far as there is room.
  func tellNews() {
    guard waiting.isEmpty, !news.isEmpty else { return }
    for (index, event) in news.transports {
      guard append(event) else { return }
      news.transports[index] = nil
    }
    for (number, var entry) in news.peers {
      defer { news.peers[number] = entry.isEmpty ? nil : entry }
      guard tell(&entry.restart), tell(&entry.link), tell(&entry.state) else { return }
    }
    tellLostLines()
  }

  private func tell(_ event: inout PortEvent?) -> Bool {
    guard let told = event else { return true }
    guard append(told) else { return false }
    event = nil
    return true
  }
}
