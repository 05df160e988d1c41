// SPDX-License-Identifier: Apache-2.0

/// One address of a peer and where it came from.
public struct PeerAddress: Hashable, Sendable {
  /// Who said that the peer is there, the most trusted first.
  public enum Source: UInt8, Hashable, Sendable, Comparable {
    /// The operator's file.
    case configuration
    /// The peer's signed record.
    case record
    /// A plugin saw the peer.
    case seen

    /// The most trusted is the smallest.
    public static func < (left: Source, right: Source) -> Bool { left.rawValue < right.rawValue }
  }

  /// The whole address, such as `htx://192.0.2.7:4433`.
  public var uri: String
  /// The part before `://`, which says which transports can dial it.
  public var scheme: String
  /// Where it came from.
  public var source: Source

  /// An address; the scheme is what stands before the first colon, without regard to case.
  public init(uri: String, source: Source) {
    self.uri = uri
    let bytes = uri.utf8
    self.scheme = bytes.firstIndex(of: 0x3A).map { String(uri[..<$0]).lowercased() } ?? ""
    self.source = source
  }
}
