// SPDX-License-Identifier: Apache-2.0

/// What the choice of a path looks at in a transport's or a link's capabilities.
public struct PathCapabilities: Hashable, Sendable {
  /// The path hides who talks to whom (`MESH_CAP_ANONYMOUS`).
  public static let anonymous: UInt32 = 0x0000_0004
  /// Somebody pays by the byte (`MESH_CAP_METERED`).
  public static let metered: UInt32 = 0x0000_0040
  /// Survives a change of network addresses by itself (`MESH_CAP_MIGRATES`).
  public static let migrates: UInt32 = 0x0000_0080
  /// Its address would lead to a better link now (`MESH_CAP_YIELDS`).
  public static let yields: UInt32 = 0x0000_0100

  /// `MESH_CAP_*` bits; unknown ones are ignored.
  public var flags: UInt32
  /// `MESH_ENERGY_*`: 0 mains, 1 low, 2 high.
  public var energy: UInt32

  /// What a link goes over, for people: at most eight characters of ASCII, the first in the lowest byte; 0 when there is
  /// nothing to tell.
  public var medium: UInt64

  /// Capabilities from the bits of the plugin ABI.
  public init(flags: UInt32 = 0, energy: UInt32 = 0, medium: UInt64 = 0) {
    self.flags = flags
    self.energy = energy
    self.medium = medium
  }

  /// `medium` as text; nil when it is 0 or no such text.
  public var mediumText: String? {
    var text = ""
    var rest = medium
    while rest != 0 {
      guard let byte = UInt8(exactly: rest & 0xFF), (0x21...0x7E).contains(byte) else { return nil }
      text.unicodeScalars.append(Unicode.Scalar(byte))
      rest >>= 8
    }
    return text.isEmpty ? nil : text
  }

  /// Whether somebody pays by the byte.
  public var isMetered: Bool { flags & Self.metered != 0 }

  /// Whether it survives a change of network addresses.
  public var isMigrating: Bool { flags & Self.migrates != 0 }

  /// Whether another link over the same address is to take its place.
  public var isYielding: Bool { flags & Self.yields != 0 }

  /// Whether the path hides who talks to whom.
  public var isAnonymous: Bool { flags & Self.anonymous != 0 }
}
