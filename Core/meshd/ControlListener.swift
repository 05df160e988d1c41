// SPDX-License-Identifier: Apache-2.0
import CLinux
import Glibc
import MeshControl
import MeshEventLoop
import MeshNode
import MeshObserve

/// One socket of the control protocol, and the connections that came through it.
final class ControlListener: EventHandler {
  /// Connections at a time; further ones are closed at once.
  private static let limit = 256
  private let descriptor: Int32
  private let path: String
  private let access: ControlAccess
  private let server: ControlServer
  private let node: Node
  private var watch: WatchID?
  private var streams: [ObjectIdentifier: ControlStream] = [:]
  private var applications: [ObjectIdentifier: AttachedApplication] = [:]

  init(_ descriptor: Int32, _ path: String, _ access: ControlAccess, _ server: ControlServer, _ node: Node) {
    self.descriptor = descriptor
    self.path = path
    self.access = access
    self.server = server
    self.node = node
  }

  func start() {
    do throws(EventLoopError) {
      watch = try node.loop.watch(descriptor, for: .read, handler: self)
    } catch { node.log.error("control_not_listening", [.text("reason", "\(error)")]) }
  }

  override func ready(_ readiness: Readiness, token: UInt64) {
    for _ in 0..<16 {
      let socket = clinux_accept(descriptor, nil, nil)
      guard socket >= 0 else { return }
      guard streams.count + applications.count < Self.limit else {
        refuse(socket, "as many connections as it takes, \(Self.limit), are open")
        continue
      }
      guard let credentials = try? ControlCredentials.of(descriptor: socket) else {
        refuse(socket, "the system does not say who is at the other end")
        continue
      }
      guard access != .admin || credentials.isTrusted(own: geteuid()) else {
        refuse(socket, "user \(credentials.user) is neither root nor the daemon's user")
        continue
      }
      let connection = server.open(access: access, credentials: credentials, now: node.loop.now)
      // An open connection keeps its listener; they let go of each other when it closes.
      let stream = ControlStream(
        socket, connection, node, onAttach: { [self] in attach($0, $1, $2) },
        onClose: { [self] in streams[ObjectIdentifier($0)] = nil })
      streams[ObjectIdentifier(stream)] = stream
      stream.start()
    }
  }

  private func attach(_ socket: Int32, _ connection: ControlConnection, _ attachment: ApplicationAttachment) {
    let application = AttachedApplication(
      socket, attachment, node, server: server, access: access, credentials: connection.credentials
    ) { [self] in applications[ObjectIdentifier($0)] = nil }
    applications[ObjectIdentifier(application)] = application
    application.start()
  }

  private func refuse(_ socket: Int32, _ reason: String) {
    node.log.warning("control_refused", [.text("socket", path), .text("reason", reason)])
    Glibc.close(socket)
  }

  /// Open connections go on, so that a client hears how the stop ends.
  func stopAccepting() {
    if let watch { node.loop.unwatch(watch) }
    watch = nil
  }

  func close() {
    stopAccepting()
    for stream in Array(streams.values) { stream.finish() }
    for application in Array(applications.values) { application.finish() }
    Glibc.close(descriptor)
    unlink(path)
  }
}
