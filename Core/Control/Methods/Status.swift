// SPDX-License-Identifier: Apache-2.0
import MeshWire

/// The state of the node in a few figures.
public enum StatusMethod: ControlMethod {
  /// Its name on the wire.
  public static let name = "status"
  /// Who may call it.
  public static let access = ControlAccess.client
  /// What goes in.
  public typealias Params = Nothing
  /// What comes out.
  public typealias Result = NodeStatus
}

/// The state of a node.
public struct NodeStatus: ControlShape {
  /// The node's name.
  public var id: String
  /// Version of the daemon.
  public var version: String
  /// Nanoseconds since it started.
  public var uptime: UInt64
  /// Path of the configuration file.
  public var configuration: String?
  /// Peers that are known.
  public var peers: UInt64
  /// Sessions that are up.
  public var sessions: UInt64
  /// Links that are up.
  public var links: UInt64
  /// Resident bytes.
  public var memory: UInt64
  /// Messages delivered to others since the start.
  public var messagesSent: UInt64
  /// Messages delivered here since the start.
  public var messagesReceived: UInt64
  /// Bytes accepted and not yet acknowledged.
  public var queued: UInt64
  /// Each transport.
  public var transports: [TransportInfo]
  /// Sentences about what needs a person.
  public var problems: [String]

  /// A value with these fields.
  public init(
    id: String, version: String, uptime: UInt64, configuration: String? = nil, peers: UInt64,
    sessions: UInt64, links: UInt64, memory: UInt64, messagesSent: UInt64, messagesReceived: UInt64,
    queued: UInt64, transports: [TransportInfo] = [], problems: [String] = []
  ) {
    self.id = id
    self.version = version
    self.uptime = uptime
    self.configuration = configuration
    self.peers = peers
    self.sessions = sessions
    self.links = links
    self.memory = memory
    self.messagesSent = messagesSent
    self.messagesReceived = messagesReceived
    self.queued = queued
    self.transports = transports
    self.problems = problems
  }

  /// The fields as a map.
  public var cbor: CBOR {
    .fields([
      ("id", .text(id)),
      ("version", .text(version)),
      ("uptime", .uint(uptime)),
      ("configuration", configuration.map { .text($0) }),
      ("peers", .uint(peers)),
      ("sessions", .uint(sessions)),
      ("links", .uint(links)),
      ("memory", .uint(memory)),
      ("messages_sent", .uint(messagesSent)),
      ("messages_received", .uint(messagesReceived)),
      ("queued", .uint(queued)),
      ("transports", .list(transports)),
      ("problems", .texts(problems)),
    ])
  }

  /// Reads a map.
  public init(cbor: CBOR) throws(ControlError) {
    let fields = try ControlFields(cbor, "node_status")
    id = try fields.text("id")
    version = try fields.text("version")
    uptime = try fields.unsigned("uptime")
    configuration = try fields.optionalText("configuration")
    peers = try fields.unsigned("peers")
    sessions = try fields.unsigned("sessions")
    links = try fields.unsigned("links")
    memory = try fields.unsigned("memory")
    messagesSent = try fields.unsigned("messages_sent")
    messagesReceived = try fields.unsigned("messages_received")
    queued = try fields.unsigned("queued")
    transports = try fields.list("transports", TransportInfo.self)
    problems = try fields.texts("problems")
  }
}

/// All counters and histograms.
public enum MetricsMethod: ControlMethod {
  /// Its name on the wire.
  public static let name = "metrics"
  /// Who may call it.
  public static let access = ControlAccess.client
  /// What goes in.
  public typealias Params = Nothing
  /// What comes out.
  public typealias Result = MetricsText
}

/// Counters and histograms.
public struct MetricsText: ControlShape {
  /// Prometheus text format 0.0.4.
  public var text: String

  /// A value with these fields.
  public init(text: String) {
    self.text = text
  }

  /// The fields as a map.
  public var cbor: CBOR {
    .fields([
      ("text", .text(text))
    ])
  }

  /// Reads a map.
  public init(cbor: CBOR) throws(ControlError) {
    let fields = try ControlFields(cbor, "metrics_text")
    text = try fields.text("text")
  }
}
