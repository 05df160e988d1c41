// SPDX-License-Identifier: Apache-2.0
import BundleProtocol

/// Decides which neighbour gets which bundle. It touches no socket, no clock and no store: the caller says what happens
/// and asks `next` whenever a neighbour can be sent something. Nodes are named by their `routingNode`; times are
/// milliseconds of the bundle epoch.
public protocol RoutingProtocol: AnyObject {
  /// A bundle is here and is to go on.
  func add(_ bundle: RoutedBundle, now: UInt64)
  /// A bundle is not here any more.
  func remove(_ sequence: UInt64)
  /// A neighbour can be reached from now on.
  func connected(_ neighbour: EndpointID, now: UInt64)
  /// A neighbour that has just come will not say anything: nothing is gained by waiting for it.
  func staysSilent(_ neighbour: EndpointID)
  /// A neighbour cannot be reached any more; what was handed out for it and not accepted is to be handed out again.
  func disconnected(_ neighbour: EndpointID, now: UInt64)
  /// What to send to a neighbour next; each bundle once until `accepted` or `failed`.
  func next(for neighbour: EndpointID, now: UInt64) -> RoutingStep?
  /// The neighbour has stored a bundle that was handed out for it.
  func accepted(_ sequence: UInt64, by neighbour: EndpointID, now: UInt64) -> Retention
  /// The neighbour has not taken a bundle that was handed out for it.
  func failed(_ sequence: UInt64, for neighbour: EndpointID, now: UInt64)
  /// The neighbour does not want a bundle that was handed out for it.
  func refused(_ sequence: UInt64, for neighbour: EndpointID, now: UInt64)
  /// A neighbour sent a bundle that is here already.
  func seen(_ id: BundleID, at neighbour: EndpointID)
  /// This node is the destination of a bundle and has it.
  func delivered(_ id: BundleID, deadline: UInt64, now: UInt64)
  /// A message of the neighbour's routing.
  /// - Returns: numbers of bundles here that are said to be at their destination. Those of others can go; one of this
  ///   node's own is only marked, since anybody can say so.
  func receive(_ message: [UInt8], from neighbour: EndpointID, now: UInt64) throws(BundleError) -> [UInt64]
  /// When `tick` is to be called, by the clock of days.
  var nextDeadline: UInt64? { get }
  /// When it is to be called by the clock of `use`, or by that of days where there is none.
  var nextRetry: UInt64? { get }
  /// Does what the time asks for; `next` may have more to give afterwards.
  func tick(now: UInt64)
  /// Intervals are reckoned by this clock, which nobody sets, in milliseconds; lifetimes and contacts are not.
  func use(clock: @escaping () -> UInt64)
  /// The clock of days was set.
  func clockWasSet(now: UInt64)
  /// Bundles are looked up there from now on; called before the first `add`, with how many are to be expected.
  func use(_ catalog: any BundleCatalog, expected: Int)
  /// A bundle that was here before the start.
  /// - Parameters:
  ///   - destination: who it is for.
  ///   - copies: as in `RoutedBundle`.
  /// - Returns: false when the number is not enough and `add` is to be called.
  func restore(_ sequence: UInt64, destination: EndpointID, copies: UInt32?) -> Bool
  /// With spray and wait: the copies of a bundle that this node may still give away, its own counted.
  func copies(of sequence: UInt64) -> UInt32?
}

extension RoutingProtocol {
  /// It makes no difference.
  public func staysSilent(_ neighbour: EndpointID) {}
  /// As one that failed.
  public func refused(_ sequence: UInt64, for neighbour: EndpointID, now: UInt64) {
    failed(sequence, for: neighbour, now: now)
  }
  /// Has no intervals.
  public func use(clock: @escaping () -> UInt64) {}
  /// Nothing depends on it but lifetimes.
  public func clockWasSet(now: UInt64) {}
  /// Nothing waits.
  public var nextRetry: UInt64? { nil }
  /// Keeps what it needs by itself.
  public func use(_ catalog: any BundleCatalog, expected: Int) {}
  /// Wants to know it as a whole.
  public func restore(_ sequence: UInt64, destination: EndpointID, copies: UInt32?) -> Bool { false }
  /// There is one.
  public func copies(of sequence: UInt64) -> UInt32? { nil }
}

/// What to send to a neighbour.
public enum RoutingStep: Equatable, Sendable {
  /// The payload of a bundle for the neighbour's routing.
  case message([UInt8])
  /// A bundle of the store; with spray and wait, how many copies it stands for (see `CopyBlock`).
  case bundle(sequence: UInt64, copies: UInt32?)
}

/// What becomes of this node's copy once a neighbour has taken one.
public enum Retention: Equatable, Sendable {
  /// It is the neighbour's now.
  case remove
  /// Others hold copies, so that this one may be evicted before others.
  case keepReplicated
}
