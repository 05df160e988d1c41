// SPDX-License-Identifier: Apache-2.0
import Glibc
import MeshCrypto
import MeshEventLoop
import MeshMultiplexer
import MeshNode
import MeshWire

/// Takes and checks what comes, and answers what asks for an answer.
final class ServerProcess: StreamHandler, ProtocolServer {
  private let task: ChildTask
  private let node: Node
  private var number: UInt64 = 0
  private var blocks: BlockCheck
  private var answers: PeerStream?

  init(_ task: ChildTask) {
    self.task = task
    node = BenchmarkNode.make(task, peer: nil)
    blocks = BlockCheck(size: task.workload.size)
    super.init()
  }

  func run() {
    let flood = FloodServer(node)
    do throws(NodeError) {
      try node.core.serve(Workload.there, with: self)
      try node.core.serve(Workload.filling, with: flood)
    } catch { Main.fail("\(error)") }
    let watch = ParentWatch(node.loop)
    BenchmarkNode.start(node)
    let id = node.identity.id.name
    while node.transports.first?.listeners.first?.bound == nil { node.loop.runOnce(maxWait: 10_000_000) }
    let address = node.transports.first?.listeners.first?.bound ?? ""
    Folder.write("\(id) \(address)", to: task.invitation)
    withExtendedLifetime(watch) { node.loop.run() }
  }

  func opened(_ stream: PeerStream, _ preamble: StreamPreamble) -> StreamAcceptance {
    do throws(NodeError) {
      answers = try node.core.open(Workload.answers, to: stream.peer.id, handler: StreamHandler(), now: node.loop.now)
    } catch { Main.fail("the way back: \(error)") }
    return .accept(self)
  }

  override func received(_ run: inout MessageRun, on stream: StreamReference, of multiplexer: Multiplexer) {
    while let message = run.next() {
      let kind = Payload.check(message.body, size: task.workload.size, number: number)
      number += 1
      if kind != .oneWay { answer(message.body) }
    }
  }

  override func received(_ bytes: UnsafeRawBufferPointer, on stream: StreamReference, of multiplexer: Multiplexer)
    -> Int
  {
    if blocks.take(bytes) { withUnsafeTemporaryAllocation(byteCount: 64, alignment: 8) { answer(.init($0)) } }
    return bytes.count
  }

  private func answer(_ body: UnsafeRawBufferPointer) {
    guard let answers else { return }
    do throws(SendRefusal) {
      try answers.multiplexer.send(body, to: answers.reference, now: node.loop.now)
    } catch { Main.fail("an answer was refused: \(error)") }
    node.wantTurn()
  }
}
