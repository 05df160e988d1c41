// SPDX-License-Identifier: Apache-2.0

/// What the configuration says about paths. Replaced as a whole by a reload.
public struct TransportPolicy: Hashable, Sendable {
  /// The number of traffic classes; a class is its `MESH_TCLASS_*` number, 0 (control) to 5 (background).
  public static let classCount = 6

  /// The transports; their order breaks ties inside a priority group.
  public var transports: [TransportEntry]
  /// One rule per traffic class, indexed by its number; missing ones allow everything.
  public var classRules: [ClassRule]
  /// Keep a second transport's link up, so that a failure costs no dialling.
  public var keepsStandby: Bool

  /// A policy.
  public init(transports: [TransportEntry], classRules: [ClassRule] = [], keepsStandby: Bool = true) {
    self.transports = transports
    self.classRules = classRules
    self.keepsStandby = keepsStandby
  }

  /// Whether the traffic class may use the transport.
  public func allows(_ transport: String, trafficClass: Int) -> Bool {
    trafficClass < 0 || trafficClass >= classRules.count || classRules[trafficClass].allows(transport)
  }

  /// The transport of that name, or nil.
  public func entry(named name: String) -> TransportEntry? {
    transports.first { $0.name == name }
  }
}
