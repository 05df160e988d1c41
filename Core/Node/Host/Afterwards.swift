// SPDX-License-Identifier: Apache-2.0
import MeshEventLoop

/// What has to wait until nobody is on the stack: it runs in the same turn, in order.
final class Afterwards: EventHandler {
  private let loop: EventLoop
  private var bodies: [() -> Void] = []

  init(_ loop: EventLoop) {
    self.loop = loop
    super.init()
  }

  func run(_ body: @escaping () -> Void) {
    if bodies.isEmpty { loop.soon(self) }
    bodies.append(body)
  }

  /// The owner goes.
  func clear() { bodies = [] }

  override func run() {
    let all = bodies
    bodies = []
    for body in all { body() }
  }
}
