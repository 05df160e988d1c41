/// One entry of `protocols:`.
public struct ProtocolSettings: Equatable, Sendable {
  /// The protocol's name, such as `/mesh/file/1`.
  public var name: String
  /// Whether it is served.
  public var isEnabled: Bool
  /// Peers (names or ids) that may use it; `*` for every peer that may talk at all.
  public var allow: [String]
  /// The folder it serves, for protocols that have one.
  public var folder: String?
  /// Largest single transfer in bytes.
  public var maxSize: Int64

  /// Whether a peer may use the protocol, by its id or the name the file gives it.
  public func permits(id: String, name: String?) -> Bool {
    isEnabled && allow.contains { $0 == "*" || $0 == id || $0 == name }
  }
}
