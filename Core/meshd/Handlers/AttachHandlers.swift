// SPDX-License-Identifier: Apache-2.0
import CApplication
import MeshControl
import MeshCrypto
import MeshNode
import MeshWire

extension Daemon {
  func registerAttaching(on server: ControlServer) {
    server.register(ApplicationAttachMethod.self) { [unowned self] call, params in
      guard params.version == UInt64(APP_VERSION) else {
        return call.fail(
          ControlError(
            .version, "the application speaks version \(params.version) of records, this daemon \(APP_VERSION)",
            hint: "Install a libmesh and a meshd of the same release."))
      }
      guard params.application.utf8.count <= 64 else {
        return call.fail(ControlError(.invalid, "the application's name is longer than 64 bytes"))
      }
      call.turnOver(
        AttachedNode(version: UInt64(APP_VERSION), id: self.node.identity.id.bytes), params)
    }
  }
}
