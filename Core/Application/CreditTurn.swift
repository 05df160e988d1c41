// SPDX-License-Identifier: Apache-2.0
import MeshEventLoop

/// Sees to it that credit which comes behind the end of a turn does not wait for the next one.
final class CreditTurn: EventHandler {
  private weak var port: ApplicationPort?

  init(_ port: ApplicationPort) { self.port = port }

  override func run() { port?.creditTurnCame() }
}
