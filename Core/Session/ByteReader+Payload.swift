// SPDX-License-Identifier: Apache-2.0

import MeshWire

extension [UInt8] {
  /// Reads a decrypted handshake payload.
  func withReader<Value>(_ body: (inout ByteReader) throws(WireError) -> Value) throws(WireError) -> Value {
    try withUnsafeBytes { (bytes: UnsafeRawBufferPointer) -> Result<Value, WireError> in
      var reader = ByteReader(bytes)
      do throws(WireError) { return .success(try body(&reader)) } catch { return .failure(error) }
    }.get()
  }
}
