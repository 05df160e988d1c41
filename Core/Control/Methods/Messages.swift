// SPDX-License-Identifier: Apache-2.0
import MeshWire

/// Sends one message and follows it until its fate is known.
public enum SendMethod: ControlMethod {
  /// Its name on the wire.
  public static let name = "send"
  /// Who may call it.
  public static let access = ControlAccess.client
  /// What goes in.
  public typealias Params = OutgoingMessage
  /// What comes out.
  public typealias Result = MessageOutcome
  /// What happens before it ends.
  public typealias Event = MessageState
}

/// A message.
public struct OutgoingMessage: ControlShape {
  /// The peer's name (`mesh1…`) or alias.
  public var peer: String
  /// The protocol, for example `/demo/1`.
  public var protocolName: String
  /// The content.
  public var payload: [UInt8]
  /// Nanoseconds until it expires.
  public var lifetime: UInt64
  /// `realtime`, `interactive`, `normal`, `bulk` or `background`.
  public var trafficClass: String?
  /// Idempotency key.
  public var key: [UInt8]?

  /// A value with these fields.
  public init(
    peer: String, protocolName: String, payload: [UInt8], lifetime: UInt64, trafficClass: String? = nil,
    key: [UInt8]? = nil
  ) {
    self.peer = peer
    self.protocolName = protocolName
    self.payload = payload
    self.lifetime = lifetime
    self.trafficClass = trafficClass
    self.key = key
  }

  /// The fields as a map.
  public var cbor: CBOR {
    .fields([
      ("peer", .text(peer)),
      ("protocol_name", .text(protocolName)),
      ("payload", .bytes(payload)),
      ("lifetime", .uint(lifetime)),
      ("traffic_class", trafficClass.map { .text($0) }),
      ("key", key.map { .bytes($0) }),
    ])
  }

  /// Reads a map.
  public init(cbor: CBOR) throws(ControlError) {
    let fields = try ControlFields(cbor, "outgoing_message")
    peer = try fields.text("peer")
    protocolName = try fields.text("protocol_name")
    payload = try fields.bytes("payload")
    lifetime = try fields.unsigned("lifetime")
    trafficClass = try fields.optionalText("traffic_class")
    key = try fields.optionalBytes("key")
  }
}

/// A step on its way.
public struct MessageState: ControlShape {
  /// `queued`, `stored` when a carrier keeps it over restarts, or `sent` when all its bytes were handed to a link or another node keeps it; only what was confirmed.
  public var state: String
  /// The transport in use.
  public var transport: String?

  /// A value with these fields.
  public init(state: String, transport: String? = nil) {
    self.state = state
    self.transport = transport
  }

  /// The fields as a map.
  public var cbor: CBOR {
    .fields([
      ("state", .text(state)),
      ("transport", transport.map { .text($0) }),
    ])
  }

  /// Reads a map.
  public init(cbor: CBOR) throws(ControlError) {
    let fields = try ControlFields(cbor, "message_state")
    state = try fields.text("state")
    transport = try fields.optionalText("transport")
  }
}

/// The end of its way.
public struct MessageOutcome: ControlShape {
  /// `delivered`, `expired`, `refused`, or `dropped` to make room for newer ones.
  public var state: String
  /// Nanoseconds from acceptance.
  public var duration: UInt64
  /// Why it was not delivered.
  public var reason: String?

  /// A value with these fields.
  public init(state: String, duration: UInt64, reason: String? = nil) {
    self.state = state
    self.duration = duration
    self.reason = reason
  }

  /// The fields as a map.
  public var cbor: CBOR {
    .fields([
      ("state", .text(state)),
      ("duration", .uint(duration)),
      ("reason", reason.map { .text($0) }),
    ])
  }

  /// Reads a map.
  public init(cbor: CBOR) throws(ControlError) {
    let fields = try ControlFields(cbor, "message_outcome")
    state = try fields.text("state")
    duration = try fields.unsigned("duration")
    reason = try fields.optionalText("reason")
  }
}

/// Serves a protocol: every message is an event, until the call is cancelled.
public enum ListenMethod: ControlMethod {
  /// Its name on the wire.
  public static let name = "listen"
  /// Who may call it.
  public static let access = ControlAccess.client
  /// What goes in.
  public typealias Params = Subscription
  /// What comes out.
  public typealias Result = Nothing
  /// What happens before it ends.
  public typealias Event = IncomingMessage
}

/// What to serve.
public struct Subscription: ControlShape {
  /// The protocol.
  public var protocolName: String
  /// Messages that may be unreleased at a time.
  public var window: UInt64

  /// A value with these fields.
  public init(protocolName: String, window: UInt64) {
    self.protocolName = protocolName
    self.window = window
  }

  /// The fields as a map.
  public var cbor: CBOR {
    .fields([
      ("protocol_name", .text(protocolName)),
      ("window", .uint(window)),
    ])
  }

  /// Reads a map.
  public init(cbor: CBOR) throws(ControlError) {
    let fields = try ControlFields(cbor, "subscription")
    protocolName = try fields.text("protocol_name")
    window = try fields.unsigned("window")
  }
}

/// A message that has arrived. It counts as delivered once it is released.
public struct IncomingMessage: ControlShape {
  /// Its number on this subscription.
  public var message: UInt64
  /// Who sent it.
  public var peer: String
  /// The protocol.
  public var protocolName: String
  /// The content.
  public var payload: [UInt8]
  /// Idempotency key.
  public var key: [UInt8]?
  /// May have been seen before a restart.
  public var duplicate: Bool

  /// A value with these fields.
  public init(
    message: UInt64, peer: String, protocolName: String, payload: [UInt8], key: [UInt8]? = nil,
    duplicate: Bool = false
  ) {
    self.message = message
    self.peer = peer
    self.protocolName = protocolName
    self.payload = payload
    self.key = key
    self.duplicate = duplicate
  }

  /// The fields as a map.
  public var cbor: CBOR {
    .fields([
      ("message", .uint(message)),
      ("peer", .text(peer)),
      ("protocol_name", .text(protocolName)),
      ("payload", .bytes(payload)),
      ("key", key.map { .bytes($0) }),
      ("duplicate", .bool(duplicate)),
    ])
  }

  /// Reads a map.
  public init(cbor: CBOR) throws(ControlError) {
    let fields = try ControlFields(cbor, "incoming_message")
    message = try fields.unsigned("message")
    peer = try fields.text("peer")
    protocolName = try fields.text("protocol_name")
    payload = try fields.bytes("payload")
    key = try fields.optionalBytes("key")
    duplicate = try fields.flag("duplicate")
  }
}

/// Says that a message has been dealt with.
public enum ReleaseMethod: ControlMethod {
  /// Its name on the wire.
  public static let name = "release"
  /// Who may call it.
  public static let access = ControlAccess.client
  /// What goes in.
  public typealias Params = MessageRelease
  /// What comes out.
  public typealias Result = Nothing
}

/// A message that is done with.
public struct MessageRelease: ControlShape {
  /// Id of the `listen` call on this connection.
  public var subscription: UInt64
  /// Its number.
  public var message: UInt64

  /// A value with these fields.
  public init(subscription: UInt64, message: UInt64) {
    self.subscription = subscription
    self.message = message
  }

  /// The fields as a map.
  public var cbor: CBOR {
    .fields([
      ("subscription", .uint(subscription)),
      ("message", .uint(message)),
    ])
  }

  /// Reads a map.
  public init(cbor: CBOR) throws(ControlError) {
    let fields = try ControlFields(cbor, "message_release")
    subscription = try fields.unsigned("subscription")
    message = try fields.unsigned("message")
  }
}
