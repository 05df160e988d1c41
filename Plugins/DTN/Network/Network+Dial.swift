// SPDX-License-Identifier: Apache-2.0
import CMeshABI
import Glibc
import TransportDriver

extension Network {
  /// Dials neighbours that have no connection and whose time has come.
  func dial(_ now: UInt64) {
    for index in diallers.indices where diallers[index].connection == nil && diallers[index].nextAttempt <= now {
      let neighbour = diallers[index].neighbour.node
      // A neighbour that has dialled this node is there already.
      guard !connections.values.contains(where: { $0.hasCome && $0.node?.isSameNode(as: neighbour) == true }) else {
        diallers[index].nextAttempt = now &+ 5_000_000_000
        continue
      }
      let address = diallers[index].address
      let connection = make(address, dialler: index, phase: .dialling, remote: "\(address)")
      diallers[index].connection = connection.id
      if let literal = SocketAddress(literal: address.host, port: address.port) {
        connection.candidates = [literal]
        tryNext(connection, "")
      } else {
        resolve(connection)
      }
    }
  }

  private func resolve(_ connection: Connection) {
    let address = connection.address
    let resolution = Resolution(name: address.host, port: address.port)
    guard !offloaded.begin(resolution, resolution.run, for: connection.id, on: host) else { return }
    failed(connection, "too many names are being resolved")
  }

  func resolved(_ number: UInt32) {
    guard let (work, id) = offloaded.finish(number), let resolution = work as? Resolution else { return }
    guard let connection = connections[id], connection.phase == .dialling else { return }
    connection.candidates = Dial.interleave(resolution.addresses)[...]
    tryNext(connection, resolution.failure?.sentence ?? "the name has no address")
  }

  /// Tries the next address; the connection fails with `reason` when there is none.
  func tryNext(_ connection: Connection, _ reason: String) {
    var reason = reason
    while let address = connection.candidates.popFirst() {
      do throws(Failure) {
        connection.descriptor = try Socket.connect(to: address)
        connection.mask = MESH_WATCH_WRITE
        guard host.watch(connection.descriptor, MESH_WATCH_WRITE, connection.token(.link)) else {
          throw Failure(MESH_E_LIMIT, MESH_CLASS_RESOURCE, "the host cannot watch the descriptor")
        }
        connection.deadline = host.now() &+ Self.connectTime
        return
      } catch {
        reason = error.sentence
        if connection.descriptor >= 0 { close(connection.descriptor) }
        connection.descriptor = -1
      }
    }
    failed(connection, reason)
  }

  /// A socket that was connecting has news.
  func attemptEnded(_ connection: Connection) {
    let number = Socket.error(connection.descriptor)
    guard number == 0 else {
      closeSocket(connection)
      return tryNext(connection, Failure(errno: number, "connect to \(connection.address)").sentence)
    }
    begin(connection, connection.descriptor)
  }

  /// A line in the log when something else is wrong than before.
  func complain(_ connection: Connection, _ reason: String) {
    guard let index = connection.dialler else {
      return host.log(MESH_LOG_INFO, "\(connection.address.layer.rawValue) from \(connection.remote): \(reason)")
    }
    guard diallers[index].lastProblem != reason else { return }
    diallers[index].lastProblem = reason
    host.log(MESH_LOG_WARNING, "\(diallers[index].neighbour.node) at \(connection.address): \(reason)")
  }

  private func failed(_ connection: Connection, _ reason: String) {
    complain(connection, reason)
    drop(connection)
  }
}
