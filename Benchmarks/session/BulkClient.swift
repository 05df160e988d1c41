// SPDX-License-Identifier: Apache-2.0
import Glibc
import MeshEventLoop
import MeshMultiplexer
import MeshNode

/// Fills the link with bulk and asks small questions meanwhile, each after the answer to the one before.
final class BulkClient: EventHandler, ProtocolServer {
  private let task: ChildTask
  private let node: Node
  private var flood: PeerStream?
  private var questions: PeerStream?
  private let block = UnsafeMutableBufferPointer<UInt64>.allocate(capacity: Workload.floodSize / 8)
  private let question = UnsafeMutableBufferPointer<UInt64>.allocate(capacity: 8)
  private var sent: UInt64 = 0
  private var asked: UInt64 = 0
  private var hasBlock = false
  private var isFull = false
  private var owesQuestion = true
  private var askedAt: UInt64 = 0
  private var startedAt: UInt64 = 0
  private var samples: [UInt64] = []

  /// The first answers come before the link is full.
  private static let warmUp: UInt64 = 100_000_000
  /// The one queue that questions and bulk share: 1,000 blocks, the default of a ZeroMQ socket.
  private static let sharedQueue = 1000 * Workload.floodSize
  /// Blocks queued before the node gets its turn.
  private static let blocksPerTurn = 1

  init(_ task: ChildTask) {
    self.task = task
    node = BenchmarkNode.make(task, peer: task.server())
    if task.workload.shape == .behindBulk {
      let rule = QueueRule(limit: Self.sharedQueue)
      node.core.multiplexerOptions.sendBuffer = Self.sharedQueue
      node.core.multiplexerOptions.queues = node.core.multiplexerOptions.queues.map { _ in rule }
    }
    super.init()
  }

  deinit {
    block.deallocate()
    question.deallocate()
  }

  func start() {
    do throws(NodeError) { try node.core.serve(Workload.back, with: self) } catch { Main.fail("\(error)") }
    node.onPeer = { [unowned self] peer, isConnected in
      guard isConnected else { Main.fail("the connection was lost") }
      self.begin(peer)
    }
    let watch = ParentWatch(node.loop)
    BenchmarkNode.start(node)
    withExtendedLifetime(watch) { node.loop.run() }
  }

  private func begin(_ peer: Peer) {
    guard flood == nil else { return }
    do throws(NodeError) {
      flood = try node.core.open(Workload.flood, to: peer.id, handler: RoomHandler(self), now: node.loop.now)
      if task.workload.shape == .underBulk {
        questions = try node.core.open(
          task.workload.preamble, to: peer.id, handler: StreamHandler(), now: node.loop.now)
      } else {
        questions = flood
      }
    } catch { Main.fail("\(error)") }
    startedAt = MonotonicClock.read()
    node.loop.soon(self)
  }

  func opened(_ stream: PeerStream, _ preamble: StreamPreamble) -> StreamAcceptance { .accept(ReplyHandler(self)) }

  func resume() {
    isFull = false
    node.loop.soon(self)
  }

  override func run() {
    if owesQuestion { ask() }
    for _ in 0..<Self.blocksPerTurn where !isFull {
      if !hasBlock { Payload.fill(block, sent, .oneWay) }
      hasBlock = true
      if push(block, flood) {
        hasBlock = false
        sent += 1
      } else {
        isFull = true
      }
    }
    node.wantTurn()
    if !isFull { node.loop.soon(self) }
  }

  private func ask() {
    Payload.fill(question, asked, .echo)
    askedAt = askedAt == 0 ? MonotonicClock.read() : askedAt
    // A queue that is full counts as waiting: the clock runs from the first try.
    guard push(question, questions) else { return }
    owesQuestion = false
    asked += 1
  }

  private func push(_ words: UnsafeMutableBufferPointer<UInt64>, _ flow: PeerStream?) -> Bool {
    guard let flow else { return false }
    do throws(SendRefusal) {
      try flow.multiplexer.send(UnsafeRawBufferPointer(words), to: flow.reference, now: node.loop.now)
      return true
    } catch {
      guard error == .again else { Main.fail("a message was refused: \(error)") }
      return false
    }
  }

  func answered(_ body: UnsafeRawBufferPointer) {
    _ = Payload.check(body, size: 64, number: UInt64(samples.count))
    let now = MonotonicClock.read()
    samples.append(now - askedAt)
    askedAt = 0
    owesQuestion = true
    let elapsed = now - startedAt
    guard elapsed < Self.warmUp + UInt64(task.seconds * 1e9) else { return report(Double(elapsed) / 1e9) }
    ask()
    node.wantTurn()
  }

  private func report(_ seconds: Double) {
    let name = task.workload.name
    samples.sort()
    Main.report(task.peer, "\(name)-p50", Double(samples[samples.count / 2]) / 1000, "us")
    Main.report(task.peer, "\(name)-p99", Double(samples[samples.count * 99 / 100]) / 1000, "us")
    Main.report(task.peer, "\(name)-rate", Double(sent) * Double(Workload.floodSize) / 1e6 / seconds, "MB/s")
    exit(0)
  }
}

/// There is room in the bulk flow again.
private final class RoomHandler: StreamHandler {
  private unowned let client: BulkClient
  init(_ client: BulkClient) { self.client = client }

  override func writable(_ stream: StreamReference, of multiplexer: Multiplexer) { client.resume() }
}

/// The answers.
private final class ReplyHandler: StreamHandler {
  private unowned let client: BulkClient
  init(_ client: BulkClient) { self.client = client }

  override func received(_ run: inout MessageRun, on stream: StreamReference, of multiplexer: Multiplexer) {
    while let message = run.next() { client.answered(message.body) }
  }
}
