// SPDX-License-Identifier: Apache-2.0
import MeshWire

/// Asks a peer for answers and measures them.
public enum PingMethod: ControlMethod {
  /// Its name on the wire.
  public static let name = "ping"
  /// Who may call it.
  public static let access = ControlAccess.client
  /// What goes in.
  public typealias Params = PingParams
  /// What comes out.
  public typealias Result = PingSummary
  /// What happens before it ends.
  public typealias Event = PingReply
}

/// How to ask.
public struct PingParams: ControlShape {
  /// The peer's name (`mesh1…`) or alias.
  public var peer: String
  /// How many times; 0 until cancelled.
  public var count: UInt64
  /// Nanoseconds between two.
  public var interval: UInt64
  /// Nanoseconds to wait for each.
  public var timeout: UInt64

  /// A value with these fields.
  public init(peer: String, count: UInt64, interval: UInt64, timeout: UInt64) {
    self.peer = peer
    self.count = count
    self.interval = interval
    self.timeout = timeout
  }

  /// The fields as a map.
  public var cbor: CBOR {
    .fields([
      ("peer", .text(peer)),
      ("count", .uint(count)),
      ("interval", .uint(interval)),
      ("timeout", .uint(timeout)),
    ])
  }

  /// Reads a map.
  public init(cbor: CBOR) throws(ControlError) {
    let fields = try ControlFields(cbor, "ping_params")
    peer = try fields.text("peer")
    count = try fields.unsigned("count")
    interval = try fields.unsigned("interval")
    timeout = try fields.unsigned("timeout")
  }
}

/// One answer, or its absence.
public struct PingReply: ControlShape {
  /// From 1.
  public var sequence: UInt64
  /// Nanoseconds; missing when no answer came.
  public var roundTrip: UInt64?
  /// The transport that carried it.
  public var transport: String?

  /// A value with these fields.
  public init(sequence: UInt64, roundTrip: UInt64? = nil, transport: String? = nil) {
    self.sequence = sequence
    self.roundTrip = roundTrip
    self.transport = transport
  }

  /// The fields as a map.
  public var cbor: CBOR {
    .fields([
      ("sequence", .uint(sequence)),
      ("round_trip", roundTrip.map { .uint($0) }),
      ("transport", transport.map { .text($0) }),
    ])
  }

  /// Reads a map.
  public init(cbor: CBOR) throws(ControlError) {
    let fields = try ControlFields(cbor, "ping_reply")
    sequence = try fields.unsigned("sequence")
    roundTrip = try fields.optionalUnsigned("round_trip")
    transport = try fields.optionalText("transport")
  }
}

/// All answers.
public struct PingSummary: ControlShape {
  /// Questions.
  public var sent: UInt64
  /// Answers.
  public var received: UInt64
  /// Nanoseconds.
  public var minimum: UInt64?
  /// Nanoseconds.
  public var mean: UInt64?
  /// Nanoseconds.
  public var maximum: UInt64?

  /// A value with these fields.
  public init(
    sent: UInt64, received: UInt64, minimum: UInt64? = nil, mean: UInt64? = nil, maximum: UInt64? = nil
  ) {
    self.sent = sent
    self.received = received
    self.minimum = minimum
    self.mean = mean
    self.maximum = maximum
  }

  /// The fields as a map.
  public var cbor: CBOR {
    .fields([
      ("sent", .uint(sent)),
      ("received", .uint(received)),
      ("minimum", minimum.map { .uint($0) }),
      ("mean", mean.map { .uint($0) }),
      ("maximum", maximum.map { .uint($0) }),
    ])
  }

  /// Reads a map.
  public init(cbor: CBOR) throws(ControlError) {
    let fields = try ControlFields(cbor, "ping_summary")
    sent = try fields.unsigned("sent")
    received = try fields.unsigned("received")
    minimum = try fields.optionalUnsigned("minimum")
    mean = try fields.optionalUnsigned("mean")
    maximum = try fields.optionalUnsigned("maximum")
  }
}
