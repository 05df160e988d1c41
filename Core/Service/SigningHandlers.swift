// SPDX-License-Identifier: Apache-2.0
import MeshControl
import MeshCrypto
import MeshNode

extension NodeService {
  private static let signedLimit = 1_000_000

  func registerSigning(on server: ControlServer) {
    server.answer(SignMethod.self) { [unowned self] params throws(ControlError) in
      guard params.data.count <= Self.signedLimit else {
        throw ControlError(.limit, "\(params.data.count) bytes to sign; at most \(Self.signedLimit) are taken")
      }
      return SignedBytes(data: self.node.identity.signForApplication(params.data))
    }
  }
}
