// SPDX-License-Identifier: Apache-2.0

import MeshSession
import MeshWire

/// What a stream carries.
public enum StreamKind: UInt8, Sendable {
  /// Ordered bytes, both ways.
  case bytes = 0
  /// Messages from the opener to the other side; kept until the reader has released them.
  case messages = 1
  /// One request and its replies: messages, both ways.
  case request = 2
}

/// What the first bytes of a stream say about it: kind (1) ‖ class (1) ‖ name ‖ metadata, the last two with a QUIC
/// varint as length.
public struct StreamPreamble: Equatable, Sendable {
  /// What the stream carries.
  public var kind: StreamKind
  /// The class all its bytes travel in.
  public var trafficClass: TrafficClass
  /// The protocol, such as `/mesh/file/1`; at most 128 bytes of UTF-8.
  public var name: String
  /// Small data of the protocol's own, at most 4 KiB.
  public var metadata: [UInt8]

  /// Bytes of the longest name.
  public static let nameLimit = 128
  /// Bytes of the longest metadata.
  public static let metadataLimit = 4096

  /// A preamble; limits are checked when a stream is opened with it.
  public init(kind: StreamKind, trafficClass: TrafficClass, name: String, metadata: [UInt8] = []) {
    self.kind = kind
    self.trafficClass = trafficClass
    self.name = name
    self.metadata = metadata
  }

  var encoded: [UInt8] {
    var bytes: [UInt8] = [kind.rawValue, trafficClass.rawValue]
    withUnsafeTemporaryAllocation(byteCount: 8, alignment: 8) { scratch in
      let text = Array(name.utf8)
      bytes += scratch[0..<Varint.encode(UInt64(text.count), to: scratch.baseAddress!)]
      bytes += text
      bytes += scratch[0..<Varint.encode(UInt64(metadata.count), to: scratch.baseAddress!)]
      bytes += metadata
    }
    return bytes
  }

  /// Reads a preamble from the start of a stream.
  /// - Returns: the preamble and its length, or nil while bytes are missing.
  static func parse(_ bytes: UnsafeRawBufferPointer) throws(SessionError) -> (StreamPreamble, Int)? {
    guard bytes.count >= 4 else { return nil }
    guard let kind = StreamKind(rawValue: bytes[0]), let trafficClass = TrafficClass(rawValue: bytes[1]) else {
      throw .protocolViolation("a stream of unknown kind or class")
    }
    var at = 2
    func field(_ limit: Int) throws(SessionError) -> UnsafeRawBufferPointer? {
      guard at < bytes.count,
        let (length, size) = Varint.decode(bytes.baseAddress! + at, available: bytes.count - at)
      else { return nil }
      guard length <= UInt64(limit) else { throw .protocolViolation("the preamble of a stream is too long") }
      guard bytes.count - at - size >= Int(length) else { return nil }
      defer { at += size + Int(length) }
      return UnsafeRawBufferPointer(rebasing: bytes[(at + size)..<(at + size + Int(length))])
    }
    guard let name = try field(nameLimit), let metadata = try field(metadataLimit) else { return nil }
    guard let text = String(validating: name, as: UTF8.self) else {
      throw .protocolViolation("the name of a protocol is not UTF-8")
    }
    return (StreamPreamble(kind: kind, trafficClass: trafficClass, name: text, metadata: Array(metadata)), at)
  }
}
