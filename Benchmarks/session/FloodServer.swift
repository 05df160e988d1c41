// SPDX-License-Identifier: Apache-2.0
import MeshEventLoop
import MeshMultiplexer
import MeshNode

/// Takes and checks the bulk flow; a small message among the large ones is a request that came the same way.
final class FloodServer: StreamHandler, ProtocolServer {
  private let node: Node
  private var number: UInt64 = 0
  private var asked: UInt64 = 0
  private var answers: PeerStream?

  init(_ node: Node) { self.node = node }

  func opened(_ stream: PeerStream, _ preamble: StreamPreamble) -> StreamAcceptance {
    do throws(NodeError) {
      answers = try node.core.open(Workload.answers, to: stream.peer.id, handler: StreamHandler(), now: node.loop.now)
    } catch { Main.fail("the way back: \(error)") }
    return .accept(self)
  }

  override func received(_ run: inout MessageRun, on stream: StreamReference, of multiplexer: Multiplexer) {
    while let message = run.next() {
      if message.body.count == Workload.floodSize {
        _ = Payload.check(message.body, size: Workload.floodSize, number: number)
        number += 1
      } else {
        _ = Payload.check(message.body, size: 64, number: asked)
        asked += 1
        guard let answers else { continue }
        do throws(SendRefusal) {
          try answers.multiplexer.send(message.body, to: answers.reference, now: node.loop.now)
        } catch { Main.fail("an answer was refused: \(error)") }
        node.wantTurn()
      }
    }
  }
}
