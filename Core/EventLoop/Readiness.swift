// SPDX-License-Identifier: Apache-2.0
import CLinux

/// What a descriptor is watched for, and what it is ready for. Raw values are those of `MESH_WATCH_*`.
public struct Readiness: OptionSet, Sendable {
  /// `MESH_WATCH_*`.
  public let rawValue: UInt32
  /// Wraps a mask of the plugin ABI.
  public init(rawValue: UInt32) { self.rawValue = rawValue }

  /// Data, a connection or the end of the stream can be read.
  public static let read = Readiness(rawValue: 1)
  /// There is room to write.
  public static let write = Readiness(rawValue: 2)
  /// An error or a hang-up; reported always, asked for never.
  public static let error = Readiness(rawValue: 4)

  /// As the bits of epoll_ctl(2).
  public var epollMask: UInt32 {
    var mask: UInt32 = 0
    if contains(.read) { mask |= EPOLLIN.rawValue | EPOLLRDHUP.rawValue }
    if contains(.write) { mask |= EPOLLOUT.rawValue }
    return mask
  }

  /// From the bits of epoll_wait(2).
  public init(epollMask: UInt32) {
    var value: UInt32 = 0
    if epollMask & (EPOLLIN.rawValue | EPOLLRDHUP.rawValue | EPOLLHUP.rawValue) != 0 { value |= 1 }
    if epollMask & EPOLLOUT.rawValue != 0 { value |= 2 }
    if epollMask & (EPOLLERR.rawValue | EPOLLHUP.rawValue) != 0 { value |= 4 }
    self.init(rawValue: value)
  }
}
