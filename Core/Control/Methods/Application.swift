// SPDX-License-Identifier: Apache-2.0
import MeshWire

/// Turns the connection over to the records of `application_record.h`, both ways, once the answer was written. The client
/// sends nothing more until it has the answer.
public enum ApplicationAttachMethod: ControlMethod {
  /// Its name on the wire.
  public static let name = "application.attach"
  /// Who may call it.
  public static let access = ControlAccess.client
  /// What goes in.
  public typealias Params = ApplicationAttachment
  /// What comes out.
  public typealias Result = AttachedNode
}

/// Who attaches.
public struct ApplicationAttachment: ControlShape {
  /// `APP_VERSION` of the client.
  public var version: UInt64
  /// What the application is called, for logs; at most 64 bytes.
  public var application: String
  /// Most bytes of events that wait in the daemon to be read.
  public var eventBytes: UInt64

  /// A value with these fields.
  public init(version: UInt64, application: String, eventBytes: UInt64) {
    self.version = version
    self.application = application
    self.eventBytes = eventBytes
  }

  /// The fields as a map.
  public var cbor: CBOR {
    .fields([
      ("version", .uint(version)), ("application", .text(application)), ("event_bytes", .uint(eventBytes)),
    ])
  }

  /// Reads a map.
  public init(cbor: CBOR) throws(ControlError) {
    let fields = try ControlFields(cbor, "application_attachment")
    version = try fields.unsigned("version")
    application = try fields.text("application")
    eventBytes = try fields.unsigned("event_bytes")
  }
}

/// What the application is attached to.
public struct AttachedNode: ControlShape {
  /// `APP_VERSION` of the daemon.
  public var version: UInt64
  /// The node's name, 32 bytes.
  public var id: [UInt8]

  /// A value with these fields.
  public init(version: UInt64, id: [UInt8]) {
    self.version = version
    self.id = id
  }

  /// The fields as a map.
  public var cbor: CBOR { .fields([("version", .uint(version)), ("id", .bytes(id))]) }

  /// Reads a map.
  public init(cbor: CBOR) throws(ControlError) {
    let fields = try ControlFields(cbor, "attached_node")
    version = try fields.unsigned("version")
    id = try fields.bytes("id")
  }
}

/// Signs with the node's key, under the context of applications.
public enum SignMethod: ControlMethod {
  /// Its name on the wire.
  public static let name = "sign"
  /// Who may call it.
  public static let access = ControlAccess.client
  /// What goes in.
  public typealias Params = SignedBytes
  /// What comes out.
  public typealias Result = SignedBytes
}

/// What is to be signed, or the signature.
public struct SignedBytes: ControlShape {
  /// At most 1,000,000 bytes to sign; 64 bytes of signature.
  public var data: [UInt8]

  /// A value with these fields.
  public init(data: [UInt8]) { self.data = data }

  /// The fields as a map.
  public var cbor: CBOR { .fields([("data", .bytes(data))]) }

  /// Reads a map.
  public init(cbor: CBOR) throws(ControlError) {
    data = try ControlFields(cbor, "signed_bytes").bytes("data")
  }
}
