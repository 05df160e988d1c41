// SPDX-License-Identifier: Apache-2.0
import MeshMultiplexer
import MeshNode

/// Reads a peer's stream for an application and stops while the application has no room.
class PortReader: StreamHandler {
  /// Nil once the port is closed.
  var port: ApplicationPort?
  private var isBlocked = false

  init(_ port: ApplicationPort) { self.port = port }

  /// There was no room: the port will say when there may be.
  func block() {
    guard !isBlocked, let port else { return }
    isBlocked = true
    port.blockedReaders.append(self)
  }

  /// There may be room.
  func unblock(now: UInt64) {
    isBlocked = false
    resume(now: now)
  }

  /// The application is done with a message.
  func released(_ sequence: UInt64, now: UInt64) {}

  /// Goes on reading.
  func resume(now: UInt64) {}
}
