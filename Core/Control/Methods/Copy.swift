// SPDX-License-Identifier: Apache-2.0
import MeshWire

/// Sends a file's bytes to a peer.
///
/// The daemon never opens the file, as its rights are not the caller's. It answers the request with an event `ready`
/// whose `offset` says where to begin (above 0 when an earlier transfer is resumed), then grants credit; the client
/// sends data from there and ends it. Events report progress. The result comes after the receiver's rename is on disk.
public enum CopySendMethod: ControlMethod {
  /// Its name on the wire.
  public static let name = "copy.send"
  /// Who may call it.
  public static let access = ControlAccess.client
  /// What goes in.
  public typealias Params = CopyOffer
  /// What comes out.
  public typealias Result = CopyOutcome
  /// What happens before it ends.
  public typealias Event = CopyProgress
}

/// A file to send.
public struct CopyOffer: ControlShape {
  /// The peer's name (`mesh1…`) or alias.
  public var peer: String
  /// The name at the receiver: no folder above the receiver's.
  public var fileName: String
  /// Bytes.
  public var size: UInt64
  /// SHA-256 of the whole content: the same digest resumes.
  public var digest: [UInt8]
  /// Replace an existing file.
  public var force: Bool
  /// As in `send`; `bulk` when missing.
  public var trafficClass: String?

  /// A value with these fields.
  public init(
    peer: String, fileName: String, size: UInt64, digest: [UInt8], force: Bool = false,
    trafficClass: String? = nil
  ) {
    self.peer = peer
    self.fileName = fileName
    self.size = size
    self.digest = digest
    self.force = force
    self.trafficClass = trafficClass
  }

  /// The fields as a map.
  public var cbor: CBOR {
    .fields([
      ("peer", .text(peer)),
      ("file_name", .text(fileName)),
      ("size", .uint(size)),
      ("digest", .bytes(digest)),
      ("force", .bool(force)),
      ("traffic_class", trafficClass.map { .text($0) }),
    ])
  }

  /// Reads a map.
  public init(cbor: CBOR) throws(ControlError) {
    let fields = try ControlFields(cbor, "copy_offer")
    peer = try fields.text("peer")
    fileName = try fields.text("file_name")
    size = try fields.unsigned("size")
    digest = try fields.bytes("digest")
    force = try fields.flag("force")
    trafficClass = try fields.optionalText("traffic_class")
  }
}

/// How far it is.
public struct CopyProgress: ControlShape {
  /// `ready`, `sending`, `verifying` or `moved`.
  public var state: String
  /// Bytes that the receiver has acknowledged.
  public var offset: UInt64
  /// The transport in use.
  public var transport: String?
  /// For `moved`: why the path changed.
  public var note: String?

  /// A value with these fields.
  public init(state: String, offset: UInt64, transport: String? = nil, note: String? = nil) {
    self.state = state
    self.offset = offset
    self.transport = transport
    self.note = note
  }

  /// The fields as a map.
  public var cbor: CBOR {
    .fields([
      ("state", .text(state)),
      ("offset", .uint(offset)),
      ("transport", transport.map { .text($0) }),
      ("note", note.map { .text($0) }),
    ])
  }

  /// Reads a map.
  public init(cbor: CBOR) throws(ControlError) {
    let fields = try ControlFields(cbor, "copy_progress")
    state = try fields.text("state")
    offset = try fields.unsigned("offset")
    transport = try fields.optionalText("transport")
    note = try fields.optionalText("note")
  }
}

/// A finished copy.
public struct CopyOutcome: ControlShape {
  /// The name at the receiver.
  public var fileName: String
  /// Bytes.
  public var size: UInt64
  /// SHA-256 as the receiver computed it.
  public var digest: [UInt8]
  /// Nanoseconds.
  public var duration: UInt64
  /// Where this transfer began.
  public var resumedAt: UInt64
  /// Changes of path on the way.
  public var moves: UInt64

  /// A value with these fields.
  public init(
    fileName: String, size: UInt64, digest: [UInt8], duration: UInt64, resumedAt: UInt64, moves: UInt64
  ) {
    self.fileName = fileName
    self.size = size
    self.digest = digest
    self.duration = duration
    self.resumedAt = resumedAt
    self.moves = moves
  }

  /// The fields as a map.
  public var cbor: CBOR {
    .fields([
      ("file_name", .text(fileName)),
      ("size", .uint(size)),
      ("digest", .bytes(digest)),
      ("duration", .uint(duration)),
      ("resumed_at", .uint(resumedAt)),
      ("moves", .uint(moves)),
    ])
  }

  /// Reads a map.
  public init(cbor: CBOR) throws(ControlError) {
    let fields = try ControlFields(cbor, "copy_outcome")
    fileName = try fields.text("file_name")
    size = try fields.unsigned("size")
    digest = try fields.bytes("digest")
    duration = try fields.unsigned("duration")
    resumedAt = try fields.unsigned("resumed_at")
    moves = try fields.unsigned("moves")
  }
}
