// SPDX-License-Identifier: Apache-2.0
import MeshWire

/// The transports, in the order of priority.
public enum TransportListMethod: ControlMethod {
  /// Its name on the wire.
  public static let name = "transport.list"
  /// Who may call it.
  public static let access = ControlAccess.client
  /// What goes in.
  public typealias Params = Nothing
  /// What comes out.
  public typealias Result = TransportList
}

/// Transports.
public struct TransportList: ControlShape {
  /// Each transport.
  public var transports: [TransportInfo]

  /// A value with these fields.
  public init(transports: [TransportInfo] = []) {
    self.transports = transports
  }

  /// The fields as a map.
  public var cbor: CBOR {
    .fields([
      ("transports", .list(transports))
    ])
  }

  /// Reads a map.
  public init(cbor: CBOR) throws(ControlError) {
    let fields = try ControlFields(cbor, "transport_list")
    transports = try fields.list("transports", TransportInfo.self)
  }
}

/// One transport.
public struct TransportInfo: ControlShape {
  /// Its name in the configuration.
  public var name: String
  /// The plugin that carries it.
  public var plugin: String
  /// `running`, `starting`, `disabled` or `failed`.
  public var state: String
  /// Priority group, 1 first.
  public var priority: UInt64
  /// Bound addresses.
  public var listeners: [String]
  /// Links that are up.
  public var links: UInt64
  /// Since the start.
  public var bytesSent: UInt64
  /// Since the start.
  public var bytesReceived: UInt64
  /// Why it does not run.
  public var reason: String?

  /// A value with these fields.
  public init(
    name: String, plugin: String, state: String, priority: UInt64, listeners: [String] = [], links: UInt64,
    bytesSent: UInt64, bytesReceived: UInt64, reason: String? = nil
  ) {
    self.name = name
    self.plugin = plugin
    self.state = state
    self.priority = priority
    self.listeners = listeners
    self.links = links
    self.bytesSent = bytesSent
    self.bytesReceived = bytesReceived
    self.reason = reason
  }

  /// The fields as a map.
  public var cbor: CBOR {
    .fields([
      ("name", .text(name)),
      ("plugin", .text(plugin)),
      ("state", .text(state)),
      ("priority", .uint(priority)),
      ("listeners", .texts(listeners)),
      ("links", .uint(links)),
      ("bytes_sent", .uint(bytesSent)),
      ("bytes_received", .uint(bytesReceived)),
      ("reason", reason.map { .text($0) }),
    ])
  }

  /// Reads a map.
  public init(cbor: CBOR) throws(ControlError) {
    let fields = try ControlFields(cbor, "transport_info")
    name = try fields.text("name")
    plugin = try fields.text("plugin")
    state = try fields.text("state")
    priority = try fields.unsigned("priority")
    listeners = try fields.texts("listeners")
    links = try fields.unsigned("links")
    bytesSent = try fields.unsigned("bytes_sent")
    bytesReceived = try fields.unsigned("bytes_received")
    reason = try fields.optionalText("reason")
  }
}

/// Switches a transport on.
public enum TransportEnableMethod: ControlMethod {
  /// Its name on the wire.
  public static let name = "transport.enable"
  /// Who may call it.
  public static let access = ControlAccess.admin
  /// What goes in.
  public typealias Params = TransportReference
  /// What comes out.
  public typealias Result = TransportInfo
}

/// Switches a transport off; its traffic moves first.
public enum TransportDisableMethod: ControlMethod {
  /// Its name on the wire.
  public static let name = "transport.disable"
  /// Who may call it.
  public static let access = ControlAccess.admin
  /// What goes in.
  public typealias Params = TransportReference
  /// What comes out.
  public typealias Result = TransportInfo
}

/// One transport.
public struct TransportReference: ControlShape {
  /// Its name in the configuration.
  public var name: String

  /// A value with these fields.
  public init(name: String) {
    self.name = name
  }

  /// The fields as a map.
  public var cbor: CBOR {
    .fields([
      ("name", .text(name))
    ])
  }

  /// Reads a map.
  public init(cbor: CBOR) throws(ControlError) {
    let fields = try ControlFields(cbor, "transport_reference")
    name = try fields.text("name")
  }
}
