// SPDX-License-Identifier: Apache-2.0
// Modules: MeshWire=Core/Wire
import MeshWire

/// Names, Bech32m, base 64 and hexadecimal: what is accepted is what would be written.
@c(LLVMFuzzerTestOneInput)
public func fuzzText(_ data: UnsafePointer<UInt8>, _ count: Int) -> CInt {
  let text = String(decoding: UnsafeBufferPointer(start: data, count: count), as: UTF8.self)
  if let id = try? NodeID.parse(text) { precondition(id.name == text.lowercased()) }
  if let (prefix, bytes) = try? Bech32m.decode(text) {
    precondition(Bech32m.encode(prefix: prefix, bytes) == text.lowercased())
  }
  if let bytes = Base64URL.decode(text) { precondition(Base64URL.encode(bytes) == text) }
  if let bytes = Hex.decode(text) { precondition(Hex.encode(bytes) == text.lowercased()) }
  return 0
}
