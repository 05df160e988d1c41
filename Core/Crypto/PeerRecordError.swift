// SPDX-License-Identifier: Apache-2.0
import MeshWire

/// Why a peer record was not made or not accepted.
public enum PeerRecordError: Error, Equatable, Sendable {
  /// Not deterministic CBOR within the limits.
  case encoding(CBORError)
  /// A member is missing, has another type, or the record expires before it is issued.
  case malformed
  /// Too many or too long addresses or capabilities, an empty one, or the whole is too long.
  case limit
  /// The signature is not that of the node the record is about.
  case signature
  /// The identity that should sign is another node's.
  case wrongNode
}

extension [UInt8] {
  /// `withUnsafeBytes` that keeps the type of the error.
  func withUnsafeBytesTyped<R, E: Error>(_ body: (UnsafeRawBufferPointer) throws(E) -> R) throws(E) -> R {
    let result = withUnsafeBytes { bytes in Result { () throws(E) in try body(bytes) } }
    return try result.get()
  }
}
