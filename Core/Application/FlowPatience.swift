// SPDX-License-Identifier: Apache-2.0
import MeshEventLoop
import MeshNode
import MeshWire

/// Looks after flows and requests that wait: their lifetimes pass, and a stream that could not be opened may be now. It
/// outlives the port as long as anything waits.
final class FlowPatience: EventHandler {
  private static let interval: UInt64 = 50_000_000
  private let node: Node
  private var flows: [PortFlow] = []
  /// Its requests wait.
  private var port: Backlink<ApplicationPort>?
  private var timer: TimerID?

  init(node: Node) { self.node = node }

  func watch(_ flow: PortFlow) {
    if !flows.contains(where: { $0 === flow }) { flows.append(flow) }
    start()
  }

  func watchRequests(of port: ApplicationPort) {
    self.port = port.backlink
    start()
  }

  private func start() {
    guard timer == nil else { return }
    timer = node.loop.schedule(at: node.loop.now + Self.interval, handler: self)
  }

  override func expired(token: UInt64) {
    timer = nil
    for flow in flows { flow.expirePending(now: node.loop.now) }
    flows.removeAll { $0.pending.isEmpty }
    if port?.object?.expireWaitingRequests(now: node.loop.now) != true { port = nil }
    if !flows.isEmpty || port != nil { start() }
    node.wantTurn()
  }
}
