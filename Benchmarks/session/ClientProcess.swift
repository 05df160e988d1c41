// SPDX-License-Identifier: Apache-2.0
import Glibc
import MeshEventLoop
import MeshMultiplexer
import MeshNode

/// Sends for as long as was asked, then the end mark, and reports once that has come back.
final class ClientProcess: EventHandler, ProtocolServer {
  private let task: ChildTask
  private let node: Node
  private var flow: PeerStream?
  private let words: UnsafeMutableBufferPointer<UInt64>
  private var written: Int
  private var sent: UInt64 = 0
  private var answered: UInt64 = 0
  private var samples: [UInt64] = []
  private var startedAt: UInt64 = 0
  private var answeredAt: UInt64 = 0
  private var isEnding = false
  private var isWaiting = false

  /// Bytes queued before the node gets its turn.
  private static let turnBytes = 128 << 10

  init(_ task: ChildTask) {
    self.task = task
    node = BenchmarkNode.make(task, peer: task.server())
    words = .allocate(capacity: task.workload.size / 8)
    words.initialize(repeating: 0)
    written = task.workload.size
    samples.reserveCapacity(1 << 20)
    super.init()
  }

  deinit { words.deallocate() }

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
    guard flow == nil else { return }
    do throws(NodeError) {
      flow = try node.core.open(
        task.workload.preamble, to: peer.id, handler: FlowHandler(self), now: node.loop.now)
    } catch { Main.fail("\(error)") }
    startedAt = MonotonicClock.read()
    answeredAt = startedAt
    node.loop.soon(self)
  }

  // MARK: there

  override func run() { send() }

  /// There is room again.
  func resume() {
    guard isWaiting else { return }
    isWaiting = false
    node.loop.soon(self)
  }

  private func send() {
    guard let flow, !isEnding || written < task.workload.size else { return }
    let size = task.workload.size
    let isAsking = task.workload.shape == .pingPong || task.workload.shape == .inFlight
    var budget = Self.turnBytes
    while budget > 0 {
      if written == size {
        guard !isEnding, !isAsking || sent - answered < task.workload.flight else { break }
        if !isAsking, size >= 65_536 || sent & 255 == 0 { isEnding = isTimeOver }
        Payload.fill(words, sent, isEnding ? .end : isAsking ? .echo : .oneWay)
        sent += 1
        written = 0
      }
      guard push(flow) else {
        isWaiting = true
        break
      }
      budget -= size
    }
    node.wantTurn()
    if !isWaiting, !isAsking, !isEnding || written < size { node.loop.soon(self) }
  }

  /// False when there is no room.
  private func push(_ flow: PeerStream) -> Bool {
    let bytes = UnsafeRawBufferPointer(words)
    do throws(SendRefusal) {
      if task.workload.shape == .bytes {
        written += try flow.multiplexer.write(.init(rebasing: bytes[written...]), to: flow.reference)
        return written == bytes.count
      }
      try flow.multiplexer.send(bytes, to: flow.reference, now: node.loop.now)
      written = bytes.count
      return true
    } catch {
      guard error == .again else { Main.fail("a message was refused: \(error)") }
      return false
    }
  }

  private var isTimeOver: Bool { MonotonicClock.read() - startedAt >= UInt64(task.seconds * 1e9) }

  // MARK: back

  func opened(_ stream: PeerStream, _ preamble: StreamPreamble) -> StreamAcceptance { .accept(AnswerHandler(self)) }

  func answered(_ body: UnsafeRawBufferPointer) {
    let now = MonotonicClock.read()
    let isOneWay = task.workload.shape == .messages || task.workload.shape == .bytes
    if isOneWay { return report(Double(now - startedAt) / 1e9) }
    let kind = Payload.check(body, size: task.workload.size, number: answered)
    answered += 1
    if kind == .end { return report(Double(answeredAt - startedAt) / 1e9) }
    samples.append(now - answeredAt)
    answeredAt = now
    if isEnding { return }
    isEnding = isTimeOver
    isEnding ? finishAsking() : send()
  }

  private func finishAsking() {
    Payload.fill(words, sent, .end)
    sent += 1
    written = 0
    guard let flow, push(flow) else { Main.fail("no room for the end mark") }
    node.wantTurn()
  }

  private func report(_ seconds: Double) {
    let workload = task.workload
    switch workload.shape {
    case .messages: Main.report(task.peer, workload.name, Double(sent - 1) / seconds, "messages/s")
    case .bytes: Main.report(task.peer, workload.name, Double(sent - 1) * Double(workload.size) / 1e6 / seconds, "MB/s")
    case .inFlight: Main.report(task.peer, workload.name, Double(samples.count) / seconds, "requests/s")
    case .pingPong:
      samples.sort()
      Main.report(task.peer, "\(workload.name)-p50", Double(samples[samples.count / 2]) / 1000, "us")
      Main.report(task.peer, "\(workload.name)-p99", Double(samples[samples.count * 99 / 100]) / 1000, "us")
    case .underBulk, .behindBulk, .connect: Main.fail("not a workload of this client")
    }
    exit(0)
  }
}

/// The sending side: says when there is room.
private final class FlowHandler: StreamHandler {
  private unowned let client: ClientProcess
  init(_ client: ClientProcess) { self.client = client }

  override func writable(_ stream: StreamReference, of multiplexer: Multiplexer) { client.resume() }
}

/// The receiving side of answers.
private final class AnswerHandler: StreamHandler {
  private unowned let client: ClientProcess
  init(_ client: ClientProcess) { self.client = client }

  override func received(_ run: inout MessageRun, on stream: StreamReference, of multiplexer: Multiplexer) {
    while let message = run.next() { client.answered(message.body) }
  }
}
