// SPDX-License-Identifier: Apache-2.0
import Glibc
import MeshCommandLine
import MeshConfig
import MeshControl

/// What commands use of the world outside; tests bring their own.
public struct Surroundings {
  /// Connects to the daemon; the access says which socket is needed at least.
  public var connect: (Invocation, ControlAccess) throws(ControlError) -> ControlClient
  /// Reads all of standard input, at most so many bytes; nil when there is more.
  public var readInput: (Int) -> [UInt8]?
  /// Monotonic nanoseconds.
  public var now: () -> UInt64

  /// Makes surroundings.
  public init(
    connect: @escaping (Invocation, ControlAccess) throws(ControlError) -> ControlClient,
    readInput: @escaping (Int) -> [UInt8]?, now: @escaping () -> UInt64
  ) {
    self.connect = connect
    self.readInput = readInput
    self.now = now
  }

  /// The real ones.
  public static func system() -> Surroundings {
    Surroundings(
      connect: { invocation, access throws(ControlError) in
        let places = SocketPath.places(invocation.value("socket"), access)
        return try ControlSocket.first(of: places) { place throws(ControlError) in
          try ControlClient(path: place, refusal: ServiceUser.system().refusal)
        }
      }, readInput: standardInput, now: ControlClient.now)
  }

  private static func standardInput(_ limit: Int) -> [UInt8]? {
    var bytes: [UInt8] = []
    var room = [UInt8](repeating: 0, count: 64 << 10)
    while bytes.count <= limit {
      let count = read(0, &room, room.count)
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { return bytes }
      bytes += room[..<count]
    }
    return nil
  }
}
