// SPDX-License-Identifier: Apache-2.0

/// What a message may ask of the path it takes.
public struct PathNeeds: OptionSet, Hashable, Sendable {
  /// One bit per need.
  public let rawValue: UInt8

  /// Needs from their bits.
  public init(rawValue: UInt8) { self.rawValue = rawValue }

  /// Not over a path where somebody pays by the byte.
  public static let notMetered = PathNeeds(rawValue: 1)
  /// Only over a path that hides who talks to whom.
  public static let anonymous = PathNeeds(rawValue: 2)

  /// Whether a path of these capabilities meets every need.
  public func areMet(by capabilities: PathCapabilities) -> Bool {
    if contains(.notMetered) && capabilities.isMetered { return false }
    return !contains(.anonymous) || capabilities.isAnonymous
  }
}
