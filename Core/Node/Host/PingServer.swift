// SPDX-License-Identifier: Apache-2.0
import MeshEventLoop
import MeshMultiplexer
import MeshObserve
import MeshSession
import MeshWire

/// `/mesh/ping/1`: a request whose reply is the request.
final class PingServer: StreamHandler, ProtocolServer {
  static let name = "/mesh/ping/1"
  static let sizeLimit = 1024
  private unowned let node: Node

  init(node: Node) { self.node = node }

  func opened(_ stream: PeerStream, _ preamble: StreamPreamble) -> StreamAcceptance {
    guard preamble.kind == .request else { return .refuse(code: StreamCode.failed) }
    return node.permits(stream.peer, Self.name) ? .accept(self) : .refuse(code: StreamCode.notAllowed)
  }

  override func received(_ run: inout MessageRun, on stream: StreamReference, of multiplexer: Multiplexer) {
    while let message = run.next() {
      guard message.body.count <= Self.sizeLimit else { return multiplexer.reset(stream, code: StreamCode.failed) }
      do throws(SendRefusal) {
        try multiplexer.send(message.body, to: stream, now: node.loop.now)
      } catch {
        // It asks faster than it takes answers.
        node.log.debug("ping_not_answered", [.text("reason", "\(error)")])
        return multiplexer.reset(stream, code: StreamCode.busy)
      }
    }
    node.wantTurn()
  }

  override func ended(_ stream: StreamReference, code: UInt64?, of multiplexer: Multiplexer) {
    multiplexer.finish(stream)
    node.wantTurn()
  }
}

/// One question to `/mesh/ping/1`.
final class PingRequest: StreamHandler {
  private let sentAt = MonotonicClock.read()
  private var answer: ((UInt64?) -> Void)?

  /// `answer` gets the nanoseconds, or nil when the peer refused; it is called once at most.
  init(_ answer: @escaping (UInt64?) -> Void) { self.answer = answer }

  func give(_ value: UInt64?) {
    let answer = answer
    self.answer = nil
    answer?(value)
  }

  override func received(_ run: inout MessageRun, on stream: StreamReference, of multiplexer: Multiplexer) {
    while run.next() != nil { give(MonotonicClock.read() - sentAt) }
  }

  override func ended(_ stream: StreamReference, code: UInt64?, of multiplexer: Multiplexer) { give(nil) }
  override func stopped(_ stream: StreamReference, code: UInt64, of multiplexer: Multiplexer) { give(nil) }
}

extension Node {
  /// Asks a peer for an answer. The stream may be reset to give up; then nothing is told.
  public func ping(_ peer: NodeID, _ answer: @escaping (UInt64?) -> Void) throws(NodeError) -> PeerStream {
    let preamble = StreamPreamble(kind: .request, trafficClass: .interactive, name: PingServer.name)
    let stream = try core.open(preamble, to: peer, handler: PingRequest(answer), now: loop.now)
    core.want(peer, now: loop.now)
    let body: [UInt8] = [0, 1, 2, 3, 4, 5, 6, 7]
    do throws(SendRefusal) {
      try body.withUnsafeBufferPointer { (bytes) throws(SendRefusal) in
        try stream.multiplexer.send(UnsafeRawBufferPointer(bytes), to: stream.reference, now: loop.now)
      }
    } catch { throw .refused(error) }
    stream.multiplexer.finish(stream.reference)
    wantTurn()
    return stream
  }
}
