/// One entry of `policy:`, how a traffic class is treated.
public struct PolicySettings: Equatable, Sendable {
  /// The classes that applications choose from, with the numbers of the plugin ABI.
  public enum TrafficClass: UInt8, Equatable, Sendable, CaseIterable {
    /// Voice and the like: late is lost.
    case realtime = 1
    /// A person waits.
    case interactive = 2
    /// The default.
    case normal = 3
    /// Large transfers.
    case bulk = 4
    /// Whatever is left.
    case background = 5

    /// The name in the YAML.
    public var name: String {
      switch self {
      case .realtime: "realtime"
      case .interactive: "interactive"
      case .normal: "normal"
      case .bulk: "bulk"
      case .background: "background"
      }
    }
  }

  /// What happens when the queue is full.
  public enum Drop: String, Equatable, Sendable, CaseIterable {
    /// `send` answers `MESH_E_AGAIN`.
    case refuse
    /// The oldest message is given up and reported.
    case oldest
    /// Expired messages are given up first, then `refuse`.
    case expired
  }

  /// The class.
  public var trafficClass: TrafficClass
  /// Transports it never uses.
  public var forbid: [String]
  /// The only transports it uses; empty for all.
  public var only: [String]
  /// Its share against the other classes.
  public var weight: Int
  /// Bytes that may wait.
  public var queue: Int
  /// What happens when the queue is full.
  public var drop: Drop

  /// Whether messages of the class may use the transport.
  public func permits(_ transport: String) -> Bool {
    !forbid.contains(transport) && (only.isEmpty || only.contains(transport))
  }
}
