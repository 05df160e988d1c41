// SPDX-License-Identifier: Apache-2.0

/// What the session must know of a link: the part of its capabilities that changes how packets are sent on it.
public struct LinkCharacteristics: Equatable, Sendable {
  /// Nothing is lost while the link is up.
  public var reliable: Bool
  /// Packets of a lane arrive in the order they were sent.
  public var ordered: Bool
  /// Largest packet, bytes, header and tag included.
  public var mtu: Int
  /// Ordered channels of the link, at least 1; class c uses lane min(c, lanes - 1).
  public var lanes: Int
  /// Those of them that are open. A class whose lane is not open uses lane 0.
  public var openLanes: LaneSet
  /// Expected round trip, nanoseconds, 0 when unknown.
  public var expectedRoundTrip: UInt64
  /// How much the keep-alive interval is stretched, for links where a packet costs energy or money.
  public var keepAliveFactor: UInt64

  /// Bounds: an MTU from 256 to 65,535 and at most 8 lanes; values outside are moved to the nearest bound.
  public init(
    reliable: Bool, ordered: Bool, mtu: Int, lanes: Int = 1, openLanes: LaneSet = .all, expectedRoundTrip: UInt64 = 0,
    keepAliveFactor: UInt64 = 1
  ) {
    self.reliable = reliable
    self.ordered = ordered
    self.mtu = min(max(mtu, 256), 65_535)
    self.lanes = min(max(lanes, 1), 8)
    self.openLanes = openLanes.union(LaneSet(lane: 0))
    self.expectedRoundTrip = expectedRoundTrip
    self.keepAliveFactor = max(keepAliveFactor, 1)
  }

  /// Loss detection and pacing are the session's business unless the link does both.
  var isStreamLike: Bool { reliable && ordered }
}
