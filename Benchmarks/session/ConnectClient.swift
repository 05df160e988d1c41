// SPDX-License-Identifier: Apache-2.0
import Glibc
import MeshEventLoop
import MeshNode
import MeshTransportManager
import MeshWire

/// Meets the server, asks it something, forgets it, and begins anew: a link, a handshake and a session each time,
/// between nodes that stay open.
final class ConnectClient: EventHandler {
  private let task: ChildTask
  private let node: Node
  private let server: NodeID
  private let address: PeerAddress
  private var done = 0
  private var startedAt: UInt64 = 0

  init(_ task: ChildTask) {
    self.task = task
    let (id, address) = task.server()
    guard let server = try? NodeID.parse(id) else { Main.fail("the server has no name") }
    self.server = server
    self.address = PeerAddress(uri: address, source: .configuration)
    node = BenchmarkNode.make(task, peer: nil)
    super.init()
  }

  func start() {
    let watch = ParentWatch(node.loop)
    BenchmarkNode.start(node)
    while node.transports.first?.isRunning != true { node.loop.runOnce(maxWait: 10_000_000) }
    startedAt = MonotonicClock.read()
    node.loop.soon(self)
    withExtendedLifetime(watch) { node.loop.run() }
  }

  override func run() {
    do throws(NodeError) {
      try node.core.setPeer(server, addresses: [address], now: node.loop.now)
      _ = try node.ping(server) { [unowned self] time in
        guard time != nil else { Main.fail("no answer to the first message") }
        self.answered()
      }
    } catch { Main.fail("\(error)") }
    node.wantTurn()
  }

  private func answered() {
    done += 1
    let elapsed = MonotonicClock.read() - startedAt
    if elapsed >= UInt64(task.seconds * 1e9) {
      Main.report(task.peer, task.workload.name, Double(done) * 1e9 / Double(elapsed), "connections/s")
      exit(0)
    }
    let handler = Next(self)
    node.loop.soon(handler)
  }

  /// Not within the callback: the session that is forgotten is the one that calls.
  fileprivate func next() {
    node.core.removePeer(server, now: node.loop.now)
    node.wantTurn()
    node.loop.soon(self)
  }
}

private final class Next: EventHandler {
  private unowned let client: ConnectClient
  init(_ client: ConnectClient) { self.client = client }
  override func run() { client.next() }
}
