// SPDX-License-Identifier: Apache-2.0
// Modules: MeshWire=Core/Wire
import MeshWire

/// What is accepted must be exactly the encoding of what it means.
@c(LLVMFuzzerTestOneInput)
public func fuzzCBOR(_ data: UnsafePointer<UInt8>, _ count: Int) -> CInt {
  let input = UnsafeRawBufferPointer(start: data, count: count)
  guard let value = try? CBOR.decode(input) else { return 0 }
  precondition(value.encode().elementsEqual(input))
  return 0
}
