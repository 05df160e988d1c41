// SPDX-License-Identifier: Apache-2.0
import MeshNode

/// Brings what becomes of the application's requests to the port.
final class PortAsker: RequestHandler {
  /// Nil once the port is closed.
  var port: ApplicationPort?

  init(_ port: ApplicationPort) { self.port = port }

  override func replied(_ reply: Reply, to request: RequestReference, of node: NodeCore) {
    port?.replied(reply, to: request)
  }

  override func finished(_ request: RequestReference, of node: NodeCore) { port?.ended(request, nil) }

  override func failed(_ request: RequestReference, _ failure: RequestFailure, of node: NodeCore) {
    port?.ended(request, failure)
  }
}
