// SPDX-License-Identifier: Apache-2.0
import MeshWire

/// Why traffic to a peer goes where it goes.
public enum WhyMethod: ControlMethod {
  /// Its name on the wire.
  public static let name = "why"
  /// Who may call it.
  public static let access = ControlAccess.client
  /// What goes in.
  public typealias Params = PeerReference
  /// What comes out.
  public typealias Result = WhyReport
}

/// The record of the transport manager about one peer.
public struct WhyReport: ControlShape {
  /// The peer's name.
  public var peer: String
  /// What it is called here.
  public var alias: String?
  /// As in `peers.list`.
  public var state: String
  /// The transport in use.
  public var chosen: String?
  /// Why, one sentence.
  public var reason: String
  /// Every path that was considered, in that order.
  public var paths: [WhyPath]
  /// The last changes of path, newest first.
  public var changes: [WhyChange]

  /// A value with these fields.
  public init(
    peer: String, alias: String? = nil, state: String, chosen: String? = nil, reason: String,
    paths: [WhyPath] = [], changes: [WhyChange] = []
  ) {
    self.peer = peer
    self.alias = alias
    self.state = state
    self.chosen = chosen
    self.reason = reason
    self.paths = paths
    self.changes = changes
  }

  /// The fields as a map.
  public var cbor: CBOR {
    .fields([
      ("peer", .text(peer)),
      ("alias", alias.map { .text($0) }),
      ("state", .text(state)),
      ("chosen", chosen.map { .text($0) }),
      ("reason", .text(reason)),
      ("paths", .list(paths)),
      ("changes", .list(changes)),
    ])
  }

  /// Reads a map.
  public init(cbor: CBOR) throws(ControlError) {
    let fields = try ControlFields(cbor, "why_report")
    peer = try fields.text("peer")
    alias = try fields.optionalText("alias")
    state = try fields.text("state")
    chosen = try fields.optionalText("chosen")
    reason = try fields.text("reason")
    paths = try fields.list("paths", WhyPath.self)
    changes = try fields.list("changes", WhyChange.self)
  }
}

/// One path.
public struct WhyPath: ControlShape {
  /// Its transport.
  public var transport: String
  /// The peer's address there.
  public var address: String?
  /// Priority group, 1 first.
  public var priority: UInt64
  /// `chosen`, `standby`, `connecting`, `suspect`, `failed`, `waiting`, `barred` or `none`.
  public var state: String
  /// Smoothed round trip, nanoseconds.
  public var roundTrip: UInt64?
  /// What it did last, a few words.
  public var lastResult: String
  /// When, Unix milliseconds.
  public var lastTime: UInt64?
  /// Nanoseconds until it is tried again.
  public var retryAfter: UInt64?
  /// Why it has this state, one sentence.
  public var reason: String

  /// A value with these fields.
  public init(
    transport: String, address: String? = nil, priority: UInt64, state: String, roundTrip: UInt64? = nil,
    lastResult: String, lastTime: UInt64? = nil, retryAfter: UInt64? = nil, reason: String
  ) {
    self.transport = transport
    self.address = address
    self.priority = priority
    self.state = state
    self.roundTrip = roundTrip
    self.lastResult = lastResult
    self.lastTime = lastTime
    self.retryAfter = retryAfter
    self.reason = reason
  }

  /// The fields as a map.
  public var cbor: CBOR {
    .fields([
      ("transport", .text(transport)),
      ("address", address.map { .text($0) }),
      ("priority", .uint(priority)),
      ("state", .text(state)),
      ("round_trip", roundTrip.map { .uint($0) }),
      ("last_result", .text(lastResult)),
      ("last_time", lastTime.map { .uint($0) }),
      ("retry_after", retryAfter.map { .uint($0) }),
      ("reason", .text(reason)),
    ])
  }

  /// Reads a map.
  public init(cbor: CBOR) throws(ControlError) {
    let fields = try ControlFields(cbor, "why_path")
    transport = try fields.text("transport")
    address = try fields.optionalText("address")
    priority = try fields.unsigned("priority")
    state = try fields.text("state")
    roundTrip = try fields.optionalUnsigned("round_trip")
    lastResult = try fields.text("last_result")
    lastTime = try fields.optionalUnsigned("last_time")
    retryAfter = try fields.optionalUnsigned("retry_after")
    reason = try fields.text("reason")
  }
}

/// One change of path.
public struct WhyChange: ControlShape {
  /// Unix milliseconds.
  public var time: UInt64
  /// The former transport.
  public var from: String?
  /// The new one.
  public var to: String?
  /// Why, one sentence.
  public var reason: String
  /// Nanoseconds without any acknowledgement.
  public var gap: UInt64?
  /// Frames sent again on the new path.
  public var requeued: UInt64

  /// A value with these fields.
  public init(
    time: UInt64, from: String? = nil, to: String? = nil, reason: String, gap: UInt64? = nil,
    requeued: UInt64
  ) {
    self.time = time
    self.from = from
    self.to = to
    self.reason = reason
    self.gap = gap
    self.requeued = requeued
  }

  /// The fields as a map.
  public var cbor: CBOR {
    .fields([
      ("time", .uint(time)),
      ("from", from.map { .text($0) }),
      ("to", to.map { .text($0) }),
      ("reason", .text(reason)),
      ("gap", gap.map { .uint($0) }),
      ("requeued", .uint(requeued)),
    ])
  }

  /// Reads a map.
  public init(cbor: CBOR) throws(ControlError) {
    let fields = try ControlFields(cbor, "why_change")
    time = try fields.unsigned("time")
    from = try fields.optionalText("from")
    to = try fields.optionalText("to")
    reason = try fields.text("reason")
    gap = try fields.optionalUnsigned("gap")
    requeued = try fields.unsigned("requeued")
  }
}
