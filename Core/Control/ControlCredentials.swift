// SPDX-License-Identifier: Apache-2.0
import CLinux
import Glibc

/// Who is at the other end of a Unix socket, as the kernel says.
public struct ControlCredentials: Equatable, Sendable {
  /// User.
  public let user: UInt32
  /// Primary group.
  public let group: UInt32
  /// Process.
  public let process: Int32

  /// Makes credentials.
  public init(user: UInt32, group: UInt32, process: Int32) {
    self.user = user
    self.group = group
    self.process = process
  }

  /// This process itself.
  public static var ofThisProcess: ControlCredentials {
    ControlCredentials(user: geteuid(), group: getegid(), process: getpid())
  }

  /// Asks the kernel about a connected Unix socket (`SO_PEERCRED`).
  public static func of(descriptor: Int32) throws(ControlError) -> ControlCredentials {
    var user: UInt32 = 0
    var group: UInt32 = 0
    var process: Int32 = 0
    let result = clinux_peer_credentials(descriptor, &user, &group, &process)
    guard result >= 0 else {
      throw ControlError(.io, "the system does not say who is at the other end of the socket (error \(-result))")
    }
    return ControlCredentials(user: user, group: group, process: process)
  }

  /// Whether this is root, `own`, or one of the named users.
  public func isTrusted(own: UInt32, others: [UInt32] = []) -> Bool {
    user == 0 || user == own || others.contains(user)
  }
}
