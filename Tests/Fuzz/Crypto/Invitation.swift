// SPDX-License-Identifier: Apache-2.0
// Modules: MeshWire=Core/Wire MeshCrypto=Core/Crypto
import MeshCrypto
import MeshWire

private let name = Identity.generate(from: .seeded(1)).id.name

/// The input as a whole line, and as the addresses of one with a good name and check, so that these are no wall.
@c(LLVMFuzzerTestOneInput)
public func fuzzInvitation(_ data: UnsafePointer<UInt8>, _ count: Int) -> CInt {
  let text = String(decoding: UnsafeBufferPointer(start: data, count: count), as: UTF8.self)
  check(text)
  let body = "\(name)@\(text)"
  check(body + "#" + Hex.encode(SHA256.hash(Array(body.utf8)).prefix(4)))
  return 0
}

private func check(_ line: String) {
  guard let invitation = try? Invitation.parse(line) else { return }
  precondition((try? Invitation.parse(invitation.description)) == invitation)
}
