// SPDX-License-Identifier: Apache-2.0
import MeshEventLoop
import MeshWire

/// Sees to it that credit which comes behind the end of a turn does not wait for the next one.
final class CreditTurn: EventHandler {
  private let port: Backlink<ApplicationPort>

  init(_ port: Backlink<ApplicationPort>) { self.port = port }

  override func run() { port.object?.creditTurnCame() }
}
