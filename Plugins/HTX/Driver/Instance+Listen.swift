// SPDX-License-Identifier: Apache-2.0
import CLinux
import CMeshABI
import Glibc
import HTXSite
import HTXTCP
import HTXTickets
import TransportDriver
import TransportTLS

extension Instance {
  /// Connections that one listener accepts in a turn.
  private static let acceptsPerTurn = 32
  /// Nanoseconds between two lines of the log about what is lacking.
  private static let lackPause: UInt64 = 60_000_000_000
  /// Nanoseconds without accepting when there are no descriptors.
  private static let acceptPause: UInt64 = 100_000_000

  /// Opens a listener, or takes over `descriptor` when it is not negative.
  func listen(_ id: UInt64, _ address: HTXAddress, descriptor inherited: Int32) -> Int32 {
    guard !isStopping else { return MESH_E_STATE }
    guard let local = SocketAddress(literal: address.host, port: address.port) else { return MESH_E_ADDRESS }
    guard listeners[id] == nil else { return MESH_E_EXISTS }
    do throws(Failure) {
      try credentials.prepareServer(settings)
      let descriptor = inherited >= 0 ? inherited : try Socket.listen(on: local)
      if inherited >= 0 { _ = clinux_set_nonblocking(descriptor) }
      let bound = Socket.localAddress(descriptor)
      let listener = Listener(
        id: id, slot: nextListenerSlot, descriptor: descriptor, site: Site(site, alternative: nil),
        hasUDP: address.scheme == "htx")
      announceAlternative(listener)
      nextListenerSlot &+= 1
      guard host.watch(descriptor, MESH_WATCH_READ, listener.token) else {
        close(descriptor)
        throw Failure(MESH_E_LIMIT, MESH_CLASS_RESOURCE, "the host cannot watch the descriptor")
      }
      if address.scheme == "htx" { try openUDP(listener, bound, isInherited: inherited >= 0) }
      listeners[id] = listener
      listenerSlots[listener.slot] = listener
      if inherited >= 0 { readTicketsAgain() }
      report(
        MESH_EVENT_LISTENING, listener: id,
        text: "\(address.scheme)://\(bound.text)\(address.path == "/" ? "" : address.path)\(fragment)")
    } catch {
      report(MESH_EVENT_LISTEN_FAILED, listener: id, error)
    }
    return MESH_OK
  }

  /// Opens the UDP side of a listener, beside that of the load that is being replaced; or puts it off while two earlier
  /// loads have the address, or one that shares it with nobody.
  private func openUDP(_ listener: Listener, _ bound: SocketAddress, isInherited: Bool) throws(Failure) {
    do throws(Failure) {
      try openPort(of: listener, at: bound, listener.site, joins: isInherited)
    } catch {
      guard isInherited else {
        host.unwatch(listener.descriptor)
        close(listener.descriptor)
        throw error
      }
      if error.code != MESH_E_EXISTS {
        host.log(MESH_LOG_WARNING, "no UDP yet beside the load that is being replaced: \(error.sentence)")
      }
      listener.missingPort = bound
      resumeAccepting = host.now() &+ Self.rebindPause
    }
  }

  /// What a dialler has to know beside the address: ticket key, pin of a certificate that no authority vouches for, and
  /// the policy where it is not the standard one.
  var fragment: String {
    var members: [String] = []
    if let key = ticketKeys.first { members.append("ticket=\(key.publicKey.text)") }
    if settings.certificate == nil, let pin = credentials.server?.pin { members.append("pin=\(pin.text)") }
    if settings.policy != .standard {
      for member in settings.policy.line.split(separator: ";").dropFirst() {
        members.append(String(member.dropFirst()))
      }
    }
    return members.isEmpty ? "" : "#" + members.joined(separator: "&")
  }

  func unlisten(_ listener: Listener) {
    host.unwatch(listener.descriptor)
    close(listener.descriptor)
    listeners[listener.id] = nil
    listenerSlots[listener.slot] = nil
    // Links stay, and with them their port.
    for port in ports.values where port.listener == listener.id { port.listener = 0 }
  }

  func acceptConnections(_ listener: Listener) {
    for _ in 0..<Self.acceptsPerTurn {
      var remote = SocketAddress()
      let descriptor = remote.fill { clinux_accept(listener.descriptor, $0, $1) }
      guard descriptor >= 0 else { return acceptFailed(listener, -descriptor) }
      guard !isStopping else {
        close(descriptor)
        continue
      }
      figures.visitors &+= 1
      accepted(listener, descriptor, from: remote)
    }
  }

  /// Without free descriptors the connection stays in the queue and would be announced again at once.
  private func acceptFailed(_ listener: Listener, _ number: Int32) {
    guard number != EAGAIN, number != EINTR, number != ECONNABORTED else { return }
    tellLack(number, "connections wait to be accepted")
    _ = host.watch(listener.descriptor, 0, listener.token)
    resumeAccepting = host.now() &+ Self.acceptPause
  }

  /// Says what visitors meet because this process has too little of something, at most once a minute.
  func tellLack(_ error: Int32, _ consequence: String) {
    guard error != 0, host.now() >= nextLack else { return }
    nextLack = host.now() &+ Self.lackPause
    host.log(MESH_LOG_WARNING, "\(String(cString: strerror(error))): \(consequence)")
  }

  /// Listens again after a pause.
  func resumeListeners() {
    resumeAccepting = MESH_DEADLINE_NONE
    for listener in listeners.values {
      if let address = listener.missingPort {
        do throws(Failure) {
          try openPort(of: listener, at: address, listener.site, joins: true)
          listener.missingPort = nil
        } catch { resumeAccepting = host.now() &+ Self.rebindPause }
      }
      _ = host.watch(listener.descriptor, MESH_WATCH_READ, listener.token)
    }
  }

  private func accepted(_ listener: Listener, _ descriptor: Int32, from remote: SocketAddress) {
    let connection = makeConnection(isServer: true, phase: .tls)
    connection.listener = listener.id
    connection.remote = remote
    connection.site = listener.site
    Socket.tune(descriptor)
    connection.descriptor = descriptor
    displace(visitors.admit(connection.slot, from: NetworkPrefix(address: remote.octets)))
    setDeadline(connection, host.now() &+ settings.handshakeTimeout)
    do throws(Failure) {
      connection.tls = try credentials.serverSession()
    } catch { return end(connection, error) }
    setMask(connection, MESH_WATCH_READ)
  }
}
