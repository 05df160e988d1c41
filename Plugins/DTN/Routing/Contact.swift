// SPDX-License-Identifier: Apache-2.0
import BundleProtocol

/// A time in which one node can send to another (CCSDS 734.3-B-1). Times are milliseconds of the bundle epoch.
public struct Contact: Hashable, Sendable {
  /// The sending node.
  public var from: EndpointID
  /// The receiving node.
  public var to: EndpointID
  /// When it begins.
  public var start: UInt64
  /// When it is over.
  public var end: UInt64
  /// Bytes a second.
  public var rate: UInt64
  /// Milliseconds that a signal is on its way.
  public var delay: UInt64
  /// How sure it is, 0 to 1.
  public var confidence: Double

  /// A contact; see the members.
  public init(
    from: EndpointID, to: EndpointID, start: UInt64, end: UInt64, rate: UInt64, delay: UInt64 = 0,
    confidence: Double = 1
  ) {
    self.from = from.routingNode ?? from
    self.to = to.routingNode ?? to
    self.start = start
    self.end = end
    self.rate = rate
    self.delay = delay
    self.confidence = confidence
  }
}

/// What is wrong with a contact plan.
public struct ContactPlanError: Error, Equatable, CustomStringConvertible, Sendable {
  /// Counted from 1.
  public var line: Int
  /// One sentence without a full stop.
  public var text: String

  /// The sentence with its line.
  public var description: String { "line \(line): \(text)" }
}
