// SPDX-License-Identifier: Apache-2.0

/// How urgent a frame is. The raw value is the order of service and the value on the wire and in `mesh_buf.tclass`.
public enum TrafficClass: UInt8, CaseIterable, Sendable {
  /// The core's own: strict priority over all others.
  case control = 0
  case realtime = 1
  case interactive = 2
  case normal = 3
  case bulk = 4
  case background = 5

  /// Whether somebody waits for each packet of it.
  public var isUrgent: Bool { self == .realtime || self == .interactive }
  /// Whether it lets urgent packets pass on its link, at the cost of its own rate.
  var yields: Bool { self == .bulk || self == .background }

  /// How many classes there are.
  public static let count = 6

  /// The name used in the configuration.
  public var name: String {
    switch self {
    case .control: "control"
    case .realtime: "realtime"
    case .interactive: "interactive"
    case .normal: "normal"
    case .bulk: "bulk"
    case .background: "background"
    }
  }
}

/// A set of traffic classes, one bit each.
public struct ClassSet: OptionSet, Sendable {
  /// One bit per class.
  public let rawValue: UInt8
  /// A set from its bits.
  public init(rawValue: UInt8) { self.rawValue = rawValue }
  /// The set of one class.
  @inlinable public init(_ one: TrafficClass) { rawValue = 1 << one.rawValue }
  /// Every class.
  public static let all = ClassSet(rawValue: 0x3f)

  /// The most urgent class of the set.
  @inlinable public var first: TrafficClass? {
    rawValue == 0 ? nil : TrafficClass(rawValue: UInt8(rawValue.trailingZeroBitCount))
  }
}
