/// `node:` who this node is and how much it takes on.
public struct NodeSettings: Equatable, Sendable {
  /// Who may talk to this node.
  public enum Access: String, Equatable, Sendable, CaseIterable {
    /// Only peers of the file and those added with `meshctl peers add`.
    case known
    /// Everyone.
    case open
  }

  /// Whether the node's thread may look for packets before it sleeps.
  public enum BusyPoll: String, Equatable, Sendable, CaseIterable {
    /// While urgent packets are answered within some 50 µs.
    case auto
    /// It always sleeps.
    case off
  }

  /// Path of the file with the node's key.
  public var identity: String
  /// A name for people, or nil.
  public var name: String?
  /// Folder for what must survive a restart.
  public var state: String
  /// Who may talk.
  public var access: Access
  /// Most peers known at once.
  public var maxPeers: Int
  /// Most sessions at once.
  public var maxSessions: Int
  /// A session without traffic for this long is closed.
  public var idleTimeout: Nanoseconds
  /// How long `meshd` waits for queued messages when it stops.
  public var stopTimeout: Nanoseconds
  /// Whether its thread may look for packets before it sleeps.
  public var busyPoll: BusyPoll
}
