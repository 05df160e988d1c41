// SPDX-License-Identifier: Apache-2.0
// Modules: MeshWire=Core/Wire MeshCrypto=Core/Crypto
import MeshCrypto
import MeshWire

private let identity = Identity.generate(from: .seeded(1))

/// The input as a whole record, and as the body of one that is signed well, so that the signature is no wall.
@c(LLVMFuzzerTestOneInput)
public func fuzzPeerRecord(_ data: UnsafePointer<UInt8>, _ count: Int) -> CInt {
  let input = Array(UnsafeBufferPointer(start: data, count: count))
  _ = try? PeerRecord.verify(input)
  let signature = identity.sign(context: PeerRecord.context, input)
  let signed = CBOR.array([.bytes(input), .bytes(signature)]).encode()
  if let record = try? PeerRecord.verify(signed) {
    precondition(record.id == identity.id)
    // Members that are not known are let through, so only the meaning must be the same.
    if let again = try? record.sign(with: identity) { precondition((try? PeerRecord.verify(again)) == record) }
  }
  return 0
}
