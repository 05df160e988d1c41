// SPDX-License-Identifier: Apache-2.0
import MeshWire

/// What a sender says of a file: the metadata of the stream, a CBOR map.
public struct FileOffer: Equatable, Sendable {
  /// The name at the receiver.
  public var name: String
  /// Bytes.
  public var size: UInt64
  /// Modification time, seconds since 1970; kept by the receiver. Nil where it is not known.
  public var modified: UInt64?
  /// 16 bytes that are the same when the same content is offered again.
  public var transferID: [UInt8]
  /// Replace an existing file.
  public var force: Bool

  /// An offer; `transferID` has 16 bytes.
  public init(name: String, size: UInt64, modified: UInt64?, transferID: [UInt8], force: Bool) {
    self.name = name
    self.size = size
    self.modified = modified
    self.transferID = transferID
    self.force = force
  }

  /// The deterministic encoding. Mode bits are not part of it: the receiver's files are its owner's alone.
  public func encode() -> [UInt8] {
    var fields: [(key: CBOR, value: CBOR)] = [
      (.text("name"), .text(name)), (.text("size"), .uint(size)), (.text("id"), .bytes(transferID)),
      (.text("force"), .bool(force)),
    ]
    if let modified { fields.append((.text("modified"), .uint(modified))) }
    return CBOR.map(fields).encode()
  }

  /// Reads an offer from a peer; unknown fields are ignored, the name is not judged here.
  public static func decode(_ bytes: [UInt8]) throws(FileRefusal) -> FileOffer {
    let limits = CBORLimits(depth: 4, size: 4096, items: 64)
    guard let fields = try? CBOR.decode(bytes, limits: limits), let name = fields["name"]?.textValue,
      let size = fields["size"]?.uintValue, let id = fields["id"]?.bytesValue,
      id.count == FileTransferProtocol.transferIDLength, let force = fields["force"]?.boolValue
    else { throw FileRefusal(.malformed, "the offer is not a map with name, size, id and force") }
    let modified = fields["modified"]?.uintValue
    guard size <= UInt64(Int64.max) - 1, modified ?? 0 <= UInt64(Int64.max) else {
      throw FileRefusal(.malformed, "a number of the offer is out of range")
    }
    return FileOffer(name: name, size: size, modified: modified, transferID: id, force: force)
  }
}
