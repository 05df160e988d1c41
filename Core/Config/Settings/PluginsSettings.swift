/// `plugins:` where plugins are found and which are trusted.
public struct PluginsSettings: Equatable, Sendable {
  /// Which plugins may be loaded.
  public enum Trust: String, Equatable, Sendable, CaseIterable {
    /// Only files owned by root in folders that only root can write.
    case packaged
    /// Also files of the host's own user.
    case any
  }

  /// Folders that are searched before the packaged one, in this order.
  public var directories: [String]
  /// Which plugins may be loaded.
  public var trust: Trust
}
