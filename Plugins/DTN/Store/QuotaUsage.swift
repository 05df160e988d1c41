// SPDX-License-Identifier: Apache-2.0
import BundleProtocol

/// How full a quota is.
public struct QuotaUsage: Equatable, Sendable {
  /// Whose quota.
  public enum Kind: Equatable, Sendable {
    /// Of all bundles.
    case total
    /// Of those of a priority.
    case priority(BundlePriority)
    /// Of those that a node has made.
    case source(EndpointID)
    /// Of those that came through a neighbour: `EndpointID.none` for strangers, nil for all that have no number.
    case neighbour(EndpointID?)
  }

  /// Whose quota.
  public var kind: Kind
  /// Bytes that are used.
  public var bytes: UInt64
  /// Bundles that are here.
  public var count: UInt64
  /// How much there may be.
  public var quota: StoreLimits.Quota

  /// A quota and its use; see the members.
  public init(kind: Kind, bytes: UInt64, count: UInt64, quota: StoreLimits.Quota) {
    self.kind = kind
    self.bytes = bytes
    self.count = count
    self.quota = quota
  }
}
