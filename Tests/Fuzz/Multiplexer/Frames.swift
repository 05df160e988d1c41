// SPDX-License-Identifier: Apache-2.0
// Modules: MeshWire=Core/Wire MeshCrypto=Core/Crypto MeshSession=Core/Session MeshMultiplexer=Core/Multiplexer
import MeshMultiplexer
import MeshSession

private final class Acceptor: StreamAcceptor {
  func opened(_: StreamReference, _ preamble: StreamPreamble, of _: Multiplexer) -> StreamAcceptance {
    preamble.name.hasPrefix("x") ? .refuse(code: 1) : .accept(StreamHandler())
  }
}

/// The input is a run of frames for a multiplexer that has streams of its own and small windows. Nothing traps, and
/// memory stays within what the windows allow.
@c(LLVMFuzzerTestOneInput)
public func fuzzFrames(_ data: UnsafePointer<UInt8>, _ count: Int) -> CInt {
  var options = MultiplexerOptions()
  options.parameters.streamWindow = 8 << 10
  options.parameters.sessionWindow = 32 << 10
  options.parameters.messageLimit = 16 << 10
  options.parameters.streams = 8
  let acceptor = Acceptor()
  let multiplexer = Multiplexer(opensEven: false, options: options)
  multiplexer.acceptor = acceptor
  defer { withExtendedLifetime(acceptor) { multiplexer.detach() } }
  multiplexer.restart(parameters: PeerParameters(), now: 0)
  for kind in [StreamKind.bytes, .messages, .request] {
    _ = try? multiplexer.open(StreamPreamble(kind: kind, trafficClass: .normal, name: "/a"), handler: StreamHandler())
  }
  var at = 0
  var now: UInt64 = 0
  while at < count {
    now += 1_000_000
    do throws(SessionError) {
      at += try multiplexer.receive(UnsafeRawBufferPointer(start: data + at, count: count - at), now: now)
    } catch { break }
    multiplexer.advance(now: now)
  }
  precondition(multiplexer.bufferedBytes < 1 << 20)
  return 0
}
