// SPDX-License-Identifier: Apache-2.0
import Glibc
import MeshCommandLine
import MeshControl
import MeshWire

@testable import MeshctlCommands

/// A daemon on the other end of a socket pair, in a thread of its own, with the handlers that a test gives it.
final class FakeDaemon: Sendable {
  private let prepare: @Sendable (ControlServer) -> Void

  init(_ prepare: @escaping @Sendable (ControlServer) -> Void) { self.prepare = prepare }

  /// A connected client; the thread ends when the client closes.
  func connect(_ access: ControlAccess) -> ControlClient {
    var ends: [Int32] = [0, 0]
    socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &ends)
    let context = Unmanaged.passRetained(Connection(daemon: self, descriptor: ends[1], access: access))
    var thread = pthread_t()
    pthread_create(&thread, nil, serveConnection, context.toOpaque())
    pthread_detach(thread)
    return ControlClient(descriptor: ends[0])
  }

  fileprivate func serve(_ descriptor: Int32, _ access: ControlAccess) {
    defer { close(descriptor) }
    let server = ControlServer()
    prepare(server)
    let credentials = ControlCredentials(user: getuid(), group: getgid(), process: getpid())
    let connection = server.open(access: access, credentials: credentials, now: ControlClient.now())
    var room = [UInt8](repeating: 0, count: 64 << 10)
    while true {
      while !connection.output.isEmpty {
        let count = send(descriptor, connection.output, connection.output.count, Int32(MSG_NOSIGNAL))
        guard count > 0 else { return connection.inputEnded() }
        connection.consumeOutput(count, now: ControlClient.now())
      }
      if connection.isClosed { return }
      let count = recv(descriptor, &room, room.count, 0)
      guard count > 0 else { return connection.inputEnded() }
      connection.receive(Array(room[..<count]), now: ControlClient.now())
    }
  }
}

private final class Connection: Sendable {
  let daemon: FakeDaemon
  let descriptor: Int32
  let access: ControlAccess

  init(daemon: FakeDaemon, descriptor: Int32, access: ControlAccess) {
    self.daemon = daemon
    self.descriptor = descriptor
    self.access = access
  }
}

private func serveConnection(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
  let connection = Unmanaged<Connection>.fromOpaque(context!).takeRetainedValue()
  connection.daemon.serve(connection.descriptor, connection.access)
  return nil
}

/// What a run of the program wrote and how it ended.
struct Outcome {
  let code: Int32
  let text: String
  let errors: String

  var lines: [Substring] { text.split(separator: "\n", omittingEmptySubsequences: false).dropLast() }
}

/// Runs `meshctl` with these words against a daemon with these handlers.
func meshctl(
  _ words: String..., input: [UInt8]? = [], width: Int = 120,
  daemon prepare: @escaping @Sendable (ControlServer) -> Void = { _ in }
) -> Outcome {
  var output: [UInt8] = []
  var errors: [UInt8] = []
  let daemon = FakeDaemon(prepare)
  let surroundings = Surroundings(
    connect: { _, access throws(ControlError) in daemon.connect(access) },
    readInput: { limit in input.flatMap { $0.count <= limit ? $0 : nil } }, now: { 0 })
  let console = Console(width: width, output: { output += $0 }, error: { errors += $0 })
  let code = MeshctlProgram.program(surroundings).run(words, console: console)
  return Outcome(
    code: code, text: String(decoding: output, as: UTF8.self), errors: String(decoding: errors, as: UTF8.self))
}
