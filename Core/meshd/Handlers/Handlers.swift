// SPDX-License-Identifier: Apache-2.0
import MeshControl
import MeshNode
import MeshService

extension Daemon {
  /// Every method of the control protocol.
  func registerHandlers(on server: ControlServer) {
    service.register(on: server)
    registerMessages(on: server)
    registerConfiguration(on: server)
    registerService(on: server)
    registerCopy(on: server)
    registerAttaching(on: server)
  }

  /// The peer of a request, or the error that names it.
  func known(_ word: String) throws(ControlError) -> Peer { try service.known(word) }
}
