// SPDX-License-Identifier: Apache-2.0
import BundleConvergence
import CLinux
import CMeshABI
import Glibc
import TransportDriver

extension Network {
  /// Connections that one listener takes in a turn.
  private static let acceptsPerTurn = 32
  /// Nanoseconds without taking any when there are no descriptors.
  private static let acceptPause: UInt64 = 100_000_000

  /// Opens a listener, or takes over `descriptor` when it is not negative.
  /// - Returns: the address that is bound.
  package func listen(
    _ id: UInt64, _ address: NetworkAddress, descriptor inherited: Int32
  ) throws(Failure) -> String {
    guard let local = SocketAddress(literal: address.host, port: address.port), address.pin == nil else {
      throw Failure(MESH_E_ADDRESS, MESH_CLASS_CONFIG, "\(address): expected a numeric address to listen on")
    }
    let descriptor = inherited >= 0 ? inherited : try Socket.listen(on: local)
    if inherited >= 0 { _ = clinux_set_nonblocking(descriptor) }
    let listener = Listener(id: id, slot: nextListenerSlot, descriptor: descriptor, address: address)
    nextListenerSlot &+= 1
    guard host.watch(descriptor, MESH_WATCH_READ, listener.token) else {
      close(descriptor)
      throw Failure(MESH_E_LIMIT, MESH_CLASS_RESOURCE, "the host cannot watch the descriptor")
    }
    listeners[id] = listener
    return "\(address.layer.rawValue)://\(Socket.localAddress(descriptor).text)"
  }

  /// Closes a listener; its connections stay. False for one that is not open.
  package func unlisten(_ id: UInt64) -> Bool {
    guard let listener = listeners.removeValue(forKey: id) else { return false }
    host.unwatch(listener.descriptor)
    close(listener.descriptor)
    return true
  }

  func accept(_ listener: Listener) {
    for _ in 0..<Self.acceptsPerTurn {
      var remote = SocketAddress()
      let descriptor = remote.fill { clinux_accept(listener.descriptor, $0, $1) }
      guard descriptor >= 0 else { return acceptFailed(listener, -descriptor) }
      guard !isStopping, hasRoomForConnection() else {
        close(descriptor)
        continue
      }
      Socket.tune(descriptor)
      let connection = make(listener.address, dialler: nil, phase: .open, remote: remote.text)
      begin(connection, descriptor)
    }
  }

  /// Without free descriptors the connection stays in the queue and would be announced again at once.
  private func acceptFailed(_ listener: Listener, _ number: Int32) {
    guard number != EAGAIN, number != EINTR, number != ECONNABORTED else { return }
    _ = host.watch(listener.descriptor, 0, listener.token)
    resumeAccepting = host.now() &+ Self.acceptPause
  }

  func resumeListeners() {
    resumeAccepting = MESH_DEADLINE_NONE
    for listener in listeners.values { _ = host.watch(listener.descriptor, MESH_WATCH_READ, listener.token) }
  }

  func make(_ address: NetworkAddress, dialler: Int?, phase: Connection.Phase, remote: String) -> Connection {
    let connection = Connection(id: nextID, address: address, dialler: dialler, phase: phase, remote: remote)
    nextID += 1
    connections[connection.id] = connection
    return connection
  }

  /// A socket is connected: its session begins.
  func begin(_ connection: Connection, _ descriptor: Int32) {
    connection.descriptor = descriptor
    connection.phase = .open
    connection.deadline = .max
    connection.lastUse = host.now()
    let now = sessionTime
    switch connection.address.layer {
    case .tcpcl:
      var tcpcl = TCPCLSettings(node: node)
      tcpcl.tls = credentials == nil ? .never : settings.tls
      tcpcl.checksNode = settings.tls == .required
      tcpcl.keepAlive = settings.keepAlive
      tcpcl.transferLimit = UInt64(settings.largestBundle)
      connection.session = TCPCLSession(tcpcl, isActive: connection.dialler != nil, now: now)
    case .mtcp, .stcp:
      var framed = FramedSession.Settings()
      framed.transferLimit = UInt64(settings.largestBundle)
      let framing: BundleFraming = connection.address.layer == .mtcp ? .mtcp : .stcp
      connection.session = FramedSession(framing, framed, now: now)
    }
    events(connection)
    touch(connection)
  }
}
