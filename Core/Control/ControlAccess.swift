// SPDX-License-Identifier: Apache-2.0

/// What a connection may do: the socket it came through decides.
public enum ControlAccess: UInt8, Sendable, Comparable {
  /// Messages, streams and questions about the state: the client socket, mode 0660.
  case client
  /// Everything: the admin socket, mode 0600.
  case admin

  /// Admin is more than client.
  public static func < (left: ControlAccess, right: ControlAccess) -> Bool { left.rawValue < right.rawValue }
}
