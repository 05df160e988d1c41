// SPDX-License-Identifier: Apache-2.0
import MeshCrypto
import MeshEventLoop
import MeshMultiplexer
import MeshNode
import MeshSession

/// Messages from the client to the server, and answers where each is awaited.
final class Traffic: StreamHandler, ProtocolServer {
  enum Shape: CaseIterable {
    /// Sent as fast as there is room.
    case oneWay
    /// Each after the answer to the one before.
    case roundTrips
    /// Large ones, in many packets.
    case large
  }

  private let pair: NodePair
  private let shape: Shape
  private let body: UnsafeRawBufferPointer
  private var flow: PeerStream?
  private var answers: PeerStream?
  private var sent = 0
  private var arrived = 0
  private var answered = 0

  init(_ pair: NodePair, _ shape: Shape) {
    self.pair = pair
    self.shape = shape
    let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: shape == .large ? 40_000 : 200, alignment: 8)
    memory.initializeMemory(as: UInt8.self, repeating: 7)
    body = UnsafeRawBufferPointer(memory)
    super.init()
    do throws(NodeError) {
      try pair.server.core.serve("/test/there/1", with: self)
      try pair.client.core.serve("/test/back/1", with: Answers(self))
      flow = try pair.client.core.open(
        StreamPreamble(kind: .messages, trafficClass: .normal, name: "/test/there/1"), to: pair.server.identity.id,
        handler: StreamHandler(), now: pair.loop.now)
    } catch { Main.fail("\(error)") }
    pair.client.wantTurn()
  }

  deinit { body.deallocate() }

  /// Runs until `count` more messages have arrived.
  func run(_ count: Int) {
    let goal = arrived + count
    let started = MonotonicClock.read()
    while arrived < goal || (shape == .roundTrips && answered < goal) {
      let mayAsk = shape != .roundTrips || answered == sent
      var budget = mayAsk ? (shape == .roundTrips ? 1 : 64) : 0
      while budget > 0, sent < goal, send(to: flow, from: pair.client) {
        sent += 1
        budget -= 1
      }
      pair.loop.runOnce(maxWait: 1_000_000)
      if MonotonicClock.read() - started > 60_000_000_000 { Main.fail("\(shape): no progress") }
    }
  }

  private func send(to flow: PeerStream?, from node: Node) -> Bool {
    guard let flow else { return false }
    do throws(SendRefusal) {
      try flow.multiplexer.send(body, to: flow.reference, now: pair.loop.now)
    } catch {
      guard error == .again else { Main.fail("refused: \(error)") }
      return false
    }
    node.wantTurn()
    return true
  }

  // MARK: server

  func opened(_ stream: PeerStream, _ preamble: StreamPreamble) -> StreamAcceptance {
    guard shape == .roundTrips else { return .accept(self) }
    do throws(NodeError) {
      answers = try pair.server.core.open(
        StreamPreamble(kind: .messages, trafficClass: .interactive, name: "/test/back/1"), to: stream.peer.id,
        handler: StreamHandler(), now: pair.loop.now)
    } catch { Main.fail("\(error)") }
    return .accept(self)
  }

  override func received(_ run: inout MessageRun, on stream: StreamReference, of multiplexer: Multiplexer) {
    while let message = run.next() {
      guard message.body.count == body.count else { Main.fail("a message of a wrong length") }
      arrived += 1
      if shape == .roundTrips, !send(to: answers, from: pair.server) { Main.fail("no room for an answer") }
    }
  }

  /// The client's side of answers.
  final class Answers: StreamHandler, ProtocolServer {
    private let traffic: Traffic
    init(_ traffic: Traffic) { self.traffic = traffic }

    func opened(_ stream: PeerStream, _ preamble: StreamPreamble) -> StreamAcceptance { .accept(self) }

    override func received(_ run: inout MessageRun, on stream: StreamReference, of multiplexer: Multiplexer) {
      while run.next() != nil { traffic.answered += 1 }
    }
  }
}
