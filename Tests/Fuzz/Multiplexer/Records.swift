// SPDX-License-Identifier: Apache-2.0
// Modules: MeshWire=Core/Wire MeshCrypto=Core/Crypto MeshSession=Core/Session MeshMultiplexer=Core/Multiplexer
import MeshMultiplexer
import MeshSession

/// Touches every byte that a record hands out.
private final class Reader: StreamHandler, StreamAcceptor {
  var sum = 0

  override func received(_ run: inout MessageRun, on _: StreamReference, of _: Multiplexer) {
    while let message = run.next() {
      for byte in message.body { sum &+= Int(byte) }
      if let key = message.idempotencyKey { precondition(key.count == 16) }
      if let refusal = message.refusal {
        precondition(refusal.text.count <= MessageRefusal.textLimit)
        for byte in refusal.text { sum &+= Int(byte) }
      }
    }
  }

  func opened(_: StreamReference, _: StreamPreamble, of _: Multiplexer) -> StreamAcceptance { .accept(self) }
}

/// The input is the records of a request's stream, cut in two at a place that its first byte chooses: headers, options,
/// deadlines, keys and refusals.
@c(LLVMFuzzerTestOneInput)
public func fuzzRecords(_ data: UnsafePointer<UInt8>, _ count: Int) -> CInt {
  guard count > 1, count < 16_000 else { return 0 }
  let reader = Reader()
  let multiplexer = Multiplexer(opensEven: false)
  multiplexer.acceptor = reader
  defer { withExtendedLifetime(reader) { multiplexer.detach() } }
  multiplexer.restart(parameters: PeerParameters(), now: 0)
  let preamble: [UInt8] = [2, 3, 1, 0x61, 0]
  let stream = preamble + UnsafeBufferPointer(start: data + 1, count: count - 1)
  let cut = min(preamble.count + Int(data[0]), stream.count)
  for piece in [0..<cut, cut..<stream.count] where !piece.isEmpty {
    let frame =
      [0x10, 0, 0x40 | UInt8(piece.lowerBound >> 8), UInt8(piece.lowerBound & 0xff), 0x40 | UInt8(piece.count >> 8)]
      + [UInt8(piece.count & 0xff)] + stream[piece]
    let isGood = frame.withUnsafeBytes { bytes in
      do throws(SessionError) { return try multiplexer.receive(bytes, now: 1) == bytes.count } catch { return false }
    }
    if !isGood { break }
  }
  return 0
}
