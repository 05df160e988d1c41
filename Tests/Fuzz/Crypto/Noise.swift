// SPDX-License-Identifier: Apache-2.0
// Modules: MeshWire=Core/Wire MeshCrypto=Core/Crypto
import MeshCrypto
import MeshWire

private let initiator = X25519KeyPair.generate(from: .seeded(1))
private let responder = X25519KeyPair.generate(from: .seeded(2))

/// The first byte says which message of a handshake, or which one-way or transport message, is replaced by, or changed
/// with, the rest. Nothing that was changed is accepted.
@c(LLVMFuzzerTestOneInput)
public func fuzzNoise(_ data: UnsafePointer<UInt8>, _ count: Int) -> CInt {
  guard count > 0 else { return 0 }
  let input = Array(UnsafeBufferPointer(start: data + 1, count: count - 1))
  do {
    switch data[0] % 5 {
    case 3:
      _ = try NoiseX.open(input, prologue: [], recipient: responder)
    case 4:
      var cipher = NoiseTransportCipher(SecretBytes([UInt8](repeating: 1, count: 32)))
      _ = try cipher.open(input)
    default:
      try handshake(until: Int(data[0] % 5), input, replace: data[0] & 0x80 != 0)
    }
  } catch {
    precondition(error is NoiseError)
  }
  return 0
}

private func handshake(until last: Int, _ input: [UInt8], replace: Bool) throws {
  var (a, b) = (
    NoiseXK(initiator: [], localStatic: initiator, remoteStatic: responder.publicKey, random: .seeded(3)),
    NoiseXK(responder: [], localStatic: responder, random: .seeded(4))
  )
  for number in 0...last {
    let message = number == 1 ? try b.write(payload: []) : try a.write(payload: [])
    var received = replace && number == last ? input : message
    if number == last && !replace { for (place, byte) in zip(received.indices, input) { received[place] ^= byte } }
    _ = number == 1 ? try a.read(received) : try b.read(received)
    // A message of other ephemeral keys is good too, but cannot be found by chance.
    precondition(received == message)
  }
}
