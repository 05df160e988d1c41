// SPDX-License-Identifier: Apache-2.0

/// The answer to "why does traffic to this peer go where it goes?". All times are the manager's nanoseconds.
public struct WhyReport: Hashable, Sendable {
  /// The peer that was asked about.
  public var peer: PeerHandle
  /// When the report was made.
  public var at: UInt64
  /// Whether a session is wanted.
  public var isWanted: Bool
  /// The link that is chosen for traffic without special rules.
  public var chosenLink: LinkHandle?
  /// Its transport.
  public var chosenTransport: String?
  /// The choice and its reason, as a sentence.
  public var reason: String
  /// When everything is tried again, when nothing leads there now.
  public var retryAt: UInt64?
  /// The transport of each traffic class, by its number; nil where no link may carry it.
  public var classTransports: [String?]
  /// The paths in the order in which they count now, the best first.
  public var paths: [WhyPath]
  /// The last decisions and failures, the oldest first.
  public var decisions: [WhyDecision]
}
