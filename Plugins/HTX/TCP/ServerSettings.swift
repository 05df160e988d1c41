// SPDX-License-Identifier: Apache-2.0

/// The settings (RFC 9113, 6.5) that a server of HTTP/2 begins with, in their order, as everybody sees them.
public struct ServerSettings: Equatable, Sendable {
  /// One of them.
  public struct Entry: Equatable, Sendable {
    /// Number of the setting.
    public let id: UInt16
    /// Its value.
    public let value: UInt32

    /// A setting.
    public init(_ id: UInt16, _ value: UInt32) {
      self.id = id
      self.value = value
    }
  }

  /// What can be taken of each setting: that with which links work and visitors use no more memory. A server allows no
  /// push, and extended CONNECT, which is not had, is refused. Heads are bounded by this server, whatever is announced (6).
  private static let ranges: [UInt16: ClosedRange<UInt32>] = [
    1: 0...65_536, 2: 0...0, 3: 16...256, 4: 16_384...1_048_576, 5: 16_384...16_777_215, 6: 16_384...2_097_152,
    8: 0...0,
  ]

  /// Those of nginx.
  public static let nginx = ServerSettings(unchecked: [Entry(3, 128), Entry(4, 65_536), Entry(5, 16_777_215)])

  /// In the order in which they are sent.
  public let entries: [Entry]

  private init(unchecked entries: [Entry]) { self.entries = entries }

  /// The settings of another server, whole; nil when one of them cannot be taken: a part of them would be nobody's.
  public init?(_ entries: [Entry]) {
    let isGood = entries.allSatisfy { Self.ranges[$0.id]?.contains($0.value) == true }
    guard isGood, Set(entries.map(\.id)).count == entries.count else { return nil }
    self.entries = entries
  }
}
