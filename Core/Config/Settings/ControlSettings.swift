/// `control:` the local sockets.
public struct ControlSettings: Equatable, Sendable {
  /// Path of the socket for applications, mode 0660.
  public var socket: String
  /// Path of the socket for `meshctl`, mode 0600.
  public var adminSocket: String
  /// The group that owns `socket`.
  public var group: String
}
