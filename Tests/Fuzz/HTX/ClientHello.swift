// SPDX-License-Identifier: Apache-2.0
// Modules: HTXFingerprint=Plugins/HTX/Fingerprint
import HTXFingerprint

/// ClientHellos, bare and in records: what is read has its fingerprint, of the one form that there is.
@c(LLVMFuzzerTestOneInput)
public func fuzzClientHello(_ data: UnsafePointer<UInt8>?, _ size: Int) -> CInt {
  guard let data, size > 1 else { return 0 }
  let bytes = UnsafeRawBufferPointer(start: data + 1, count: size - 1)
  let hello = data[0] & 1 == 0 ? ClientHello(body: bytes) : ClientHello(records: bytes)
  guard let hello else { return 0 }
  let parts = JA4(hello, over: data[0] & 2 == 0 ? .tcp : .quic).text.split(separator: "_")
  precondition(parts.map(\.utf8.count) == [10, 12, 12])
  return 0
}
