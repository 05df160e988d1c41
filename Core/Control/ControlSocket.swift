// SPDX-License-Identifier: Apache-2.0
import CLinux
import Glibc

/// Unix sockets of the control protocol in the file system.
public enum ControlSocket {
  /// Listens at `path` with exactly this mode, whatever the umask. Returns a non-blocking descriptor.
  ///
  /// The folder above is made with mode 0755 if it is missing (0750 when the socket is for its owner alone). A socket
  /// that nobody answers at is removed; one that answers is an error. `group` owns the socket if given (numeric id).
  public static func listen(_ path: String, mode: UInt32, group: UInt32? = nil) throws(ControlError) -> Int32 {
    try makeFolder(of: path, mode: mode & 0o077 == 0 ? 0o750 : 0o755)
    try removeStale(path)
    let descriptor = clinux_socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
    guard descriptor >= 0 else { throw failure("a socket cannot be made", -descriptor) }
    do throws(ControlError) {
      // Nobody gets in between bind and chmod: the file is born with the mode of the socket, less the umask, which is left
      // alone, for it belongs to all threads.
      guard fchmod(descriptor, 0o600) == 0 else { throw failure("the mode of a socket cannot be set", errno) }
      guard try withAddress(path, { bind(descriptor, $0, $1) }) == 0 else {
        throw failure("'\(path)' cannot be bound", errno)
      }
      if let group, chown(path, uid_t.max, group) != 0 {
        throw failure("'\(path)' cannot be given to group \(group)", errno)
      }
      guard chmod(path, mode) == 0 else { throw failure("the mode of '\(path)' cannot be set", errno) }
      guard Glibc.listen(descriptor, 128) == 0 else { throw failure("'\(path)' cannot be listened at", errno) }
    } catch {
      close(descriptor)
      throw error
    }
    return descriptor
  }

  /// Connects to a daemon and checks that the daemon's user is root, this user, or one of `trusted`.
  ///
  /// About any other user `refusal` is asked: nil accepts it, a text says why not, as the end of the error's sentence.
  /// A daemon that takes no connections, because it stands still with many before this one, is waited for `patience`
  /// nanoseconds.
  public static func connect(
    _ path: String, trusted: [UInt32] = [], patience: UInt64 = 5_000_000_000,
    refusal: (UInt32) -> String? = { _ in "" }
  ) throws(ControlError) -> Int32 {
    let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
    guard descriptor >= 0 else { throw failure("a socket cannot be made", errno) }
    do throws(ControlError) {
      limitWait(descriptor, max(1, patience / 1000))
      _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
      guard try withAddress(path, { Glibc.connect(descriptor, $0, $1) }) == 0 else {
        throw connectFailure(path, errno)
      }
      limitWait(descriptor, 0)
      let credentials = try ControlCredentials.of(descriptor: descriptor)
      if !credentials.isTrusted(own: getuid(), others: trusted), let reason = refusal(credentials.user) {
        throw ControlError(
          .permission,
          "'\(path)' is served by user \(credentials.user), who is neither root nor you"
            + (reason.isEmpty ? "" : ", \(reason)"),
          hint: "Somebody may have put a false socket there. Name the right one with --socket, or have root name the "
            + "daemon's user in /etc/mesh/client.yaml ('service_user: NAME').")
      }
    } catch {
      close(descriptor)
      throw error
    }
    return descriptor
  }

  /// What `connect` makes of the first place where a daemon answers: a daemon that was killed leaves its socket behind.
  ///
  /// Any other error than `.unreachable` ends the search. When nobody answers the error is that of the first place.
  /// `places` has at least one.
  public static func first<Connection>(
    of places: [String], _ connect: (String) throws(ControlError) -> Connection
  ) throws(ControlError) -> Connection {
    var failure: ControlError?
    for place in places {
      do throws(ControlError) { return try connect(place) } catch {
        guard error.code == ErrorCode.unreachable.rawValue else { throw error }
        if failure == nil { failure = error }
      }
    }
    throw failure ?? ControlError(.invalid, "no socket is named")
  }

  /// The kernel lets a Unix socket wait in connect as long as in send; 0 is for ever.
  private static func limitWait(_ descriptor: Int32, _ microseconds: UInt64) {
    var limit = timeval(tv_sec: Int(microseconds / 1_000_000), tv_usec: Int(microseconds % 1_000_000))
    setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
  }

  private static func connectFailure(_ path: String, _ code: Int32) -> ControlError {
    switch code {
    case ENOENT, ECONNREFUSED:
      ControlError(
        .unreachable, "no daemon answers at '\(path)'",
        hint: "Is meshd running? Start it with 'systemctl start meshd' or 'meshd --config FILE'.")
    case EAGAIN:
      ControlError(
        .timeout, "the daemon at '\(path)' takes no connections",
        hint: "It stands still, or has more to do than it can. 'systemctl restart meshd' ends it and starts another.")
    case EACCES, EPERM:
      ControlError(
        .permission, "you may not use '\(path)'",
        hint: "Add yourself to group mesh ('sudo adduser $USER mesh', then log in again), or use sudo.")
    default: failure("'\(path)' cannot be connected to", code)
    }
  }

  private static func makeFolder(of path: String, mode: UInt32) throws(ControlError) {
    guard let slash = path.lastIndex(of: "/"), slash != path.startIndex else { return }
    let folder = String(path[..<slash])
    if mkdir(folder, mode) == 0 {
      _ = chmod(folder, mode)
    } else if errno != EEXIST {
      throw failure("the folder '\(folder)' cannot be made", errno)
    }
  }

  private static func removeStale(_ path: String) throws(ControlError) {
    var info = stat()
    if lstat(path, &info) != 0 { return }
    guard info.st_mode & S_IFMT == S_IFSOCK else {
      throw ControlError(.exists, "'\(path)' exists and is not a socket", hint: "Move it away, or choose another path.")
    }
    let probe = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
    guard probe >= 0 else { throw failure("a socket cannot be made", errno) }
    defer { close(probe) }
    limitWait(probe, 1)
    let result = try withAddress(path) { Glibc.connect(probe, $0, $1) }
    let code = errno
    if result == 0 || code != ECONNREFUSED {
      throw ControlError(
        .exists, "another daemon listens at '\(path)'", hint: "Stop it first, or give this one another socket path.")
    }
    guard unlink(path) == 0 else { throw failure("the stale socket '\(path)' cannot be removed", errno) }
  }

  private static func withAddress(_ path: String, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32)
    throws(ControlError) -> Int32
  {
    var address = sockaddr_un()
    let room = MemoryLayout.size(ofValue: address.sun_path)
    let bytes = Array(path.utf8)
    guard !bytes.isEmpty, bytes.count < room, !bytes.contains(0) else {
      throw ControlError(.invalid, "'\(path)' is not a socket path", hint: "It must have 1 to \(room - 1) bytes.")
    }
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
    return withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, socklen_t(MemoryLayout<sockaddr_un>.size)) }
    }
  }

  private static func failure(_ sentence: String, _ code: Int32) -> ControlError {
    ControlError(.io, "\(sentence): \(String(cString: strerror(code)))")
  }
}
