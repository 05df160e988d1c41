/// One entry of `peers:`.
public struct PeerSettings: Equatable, Sendable {
  /// The node's name, `mesh1…`; its checksum is not verified here.
  public var id: String
  /// A name for people, unique in the file, or nil.
  public var name: String?
  /// Where it can be reached, as URIs; empty when it only calls in.
  public var addresses: [String]
  /// The protocols it may use; nil for all whose own lists have it.
  public var allow: [String]?
  /// Where its id stands.
  public var position: SourcePosition

  /// Equal when they mean the same; places in the file do not count.
  public static func == (first: Self, second: Self) -> Bool {
    first.id == second.id && first.name == second.name && first.addresses == second.addresses
      && first.allow == second.allow
  }
}
