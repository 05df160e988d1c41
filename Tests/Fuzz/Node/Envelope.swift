// SPDX-License-Identifier: Apache-2.0
// Modules: MeshWire=Core/Wire MeshCrypto=Core/Crypto MeshSession=Core/Session MeshMultiplexer=Core/Multiplexer MeshTransportManager=Core/TransportManager MeshConfig=Core/Config MeshObserve=Core/Observe MeshEventLoop=Core/EventLoop MeshPluginHost=Core/PluginHost MeshNode=Core/Node
import MeshCrypto
import MeshNode
import MeshWire

private let alice = Identity.generate(from: .seeded(1))
private let bob = Identity.generate(from: .seeded(2))

/// The input as an envelope, as what a good sender has sealed in the head of one with the rest as its body, and as the
/// journal of a window.
@c(LLVMFuzzerTestOneInput)
public func fuzzEnvelope(_ data: UnsafePointer<UInt8>, _ count: Int) -> CInt {
  let input = UnsafeRawBufferPointer(start: data, count: count)
  _ = try? Envelope(input, for: bob)
  var window = EnvelopeWindow()
  let read = window.load(input, now: 0)
  precondition(read % EnvelopeWindow.recordLength == 0 && window.count <= read / EnvelopeWindow.recordLength)
  guard count > 1 else { return 0 }
  let split = min(Int(data[0]), count - 1)
  let payload = Array(input[1..<(1 + split)])
  guard let remote = Identity.noisePublicKey(of: bob.id),
    let head = try? NoiseX.seal(
      payload, prologue: Array("mesh carrier 1".utf8) + bob.id.bytes, from: alice.noiseStatic, to: remote)
  else { return 0 }
  let bytes = [1, UInt8(head.count >> 8), UInt8(head.count & 0xff)] + head + Array(input[(1 + split)...])
  if let envelope = bytes.withUnsafeBytes({ try? Envelope($0, for: bob) }) {
    precondition(envelope.sender == alice.id && envelope.body.count <= Envelope.bodyLimit)
  }
  return 0
}
