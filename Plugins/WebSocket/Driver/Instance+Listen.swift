import CLinux
import CMeshABI
import Glibc
// SPDX-License-Identifier: Apache-2.0
import TransportDriver
import WebSocketCore

extension Instance {
  /// The subprotocol of mesh links, so that no other WebSocket server or client is taken for a node.
  static let subprotocol = "mesh.v1"
  /// Connections that one listener accepts in a turn.
  private static let acceptsPerTurn = 32
  /// Nanoseconds without accepting when there are no descriptors.
  private static let acceptPause: UInt64 = 100_000_000

  /// Opens a listener, or takes over `descriptor` when it is not negative.
  func listen(_ id: UInt64, _ address: WebSocketAddress, descriptor inherited: Int32) -> Int32 {
    guard !isStopping else { return MESH_E_STATE }
    guard let local = SocketAddress(literal: address.host, port: address.port) else { return MESH_E_ADDRESS }
    guard listeners[id] == nil else { return MESH_E_EXISTS }
    do throws(Failure) {
      if address.isSecure { try credentials.prepareServer(settings, host) }
      let descriptor = inherited >= 0 ? inherited : try Socket.listen(on: local)
      if inherited >= 0 { _ = clinux_set_nonblocking(descriptor) }
      let policy = UpgradePolicy(path: address.path, subprotocol: Self.subprotocol, origins: settings.origins)
      let listener = Listener(
        id: id, slot: nextListenerSlot, descriptor: descriptor, address: address, policy: policy)
      nextListenerSlot &+= 1
      guard host.watch(descriptor, MESH_WATCH_READ, listener.token) else {
        close(descriptor)
        throw Failure(MESH_E_LIMIT, MESH_CLASS_RESOURCE, "the host cannot watch the descriptor")
      }
      listeners[id] = listener
      listenerSlots[listener.slot] = listener
      let bound = Socket.localAddress(descriptor).text
      let scheme = address.isSecure ? "wss" : "ws"
      report(MESH_EVENT_LISTENING, listener: id, text: "\(scheme)://\(bound)\(address.path)")
    } catch {
      report(MESH_EVENT_LISTEN_FAILED, listener: id, error)
    }
    return MESH_OK
  }

  func unlisten(_ listener: Listener) {
    host.unwatch(listener.descriptor)
    close(listener.descriptor)
    listeners[listener.id] = nil
    listenerSlots[listener.slot] = nil
  }

  func acceptLinks(_ listener: Listener) {
    for _ in 0..<Self.acceptsPerTurn {
      var remote = SocketAddress()
      let descriptor = remote.fill { clinux_accept(listener.descriptor, $0, $1) }
      guard descriptor >= 0 else { return acceptFailed(listener, -descriptor) }
      guard handshakes < settings.maximumHandshakes, links.count < settings.maximumLinks, !isStopping else {
        figures.acceptsRefused &+= 1
        close(descriptor)
        continue
      }
      accepted(listener, descriptor, from: remote)
    }
  }

  /// Without free descriptors the connection stays in the queue and would be announced again at once.
  private func acceptFailed(_ listener: Listener, _ number: Int32) {
    guard number != EAGAIN, number != EINTR, number != ECONNABORTED else { return }
    _ = host.watch(listener.descriptor, 0, listener.token)
    resumeAccepting = host.now() &+ Self.acceptPause
  }

  /// Listens again after a pause.
  func resumeListeners() {
    resumeAccepting = MESH_DEADLINE_NONE
    for listener in listeners.values { _ = host.watch(listener.descriptor, MESH_WATCH_READ, listener.token) }
  }

  private func accepted(_ listener: Listener, _ descriptor: Int32, from remote: SocketAddress) {
    var event = mesh_link_event()
    event.kind = MESH_EVENT_INCOMING
    event.listener = listener.id
    event.token = remote.sourceToken
    var text = "\(listener.address.isSecure ? "wss" : "ws")://\(remote.text)"
    text.withUTF8 { bytes in
      event.data.ptr = UnsafeRawPointer(bytes.baseAddress)
      event.data_len = UInt32(bytes.count)
      host.event(&event)
    }
    guard event.link != 0,
      let link = makeLink(id: event.link, role: .server, phase: .upgrading, address: listener.address)
    else {
      figures.acceptsRefused &+= 1
      close(descriptor)
      return
    }
    link.policy = listener.policy
    Socket.tune(descriptor, sendBuffer: settings.sendBuffer, receiveBuffer: settings.receiveBuffer)
    setDeadline(link, host.now() &+ settings.handshakeTimeout)
    link.descriptor = descriptor
    setMask(link, MESH_WATCH_READ)
    if link.phase != .gone, listener.address.isSecure { beginTLS(link) }
  }
}
