// SPDX-License-Identifier: Apache-2.0
import CMeshABI
import WebSocketTLS

/// stub
struct Credentials {
  static func pin(_ text: String) -> [UInt8]? { nil }
  mutating func prepareServer(_ settings: Settings, _ host: Host) throws(Failure) {}
  func check(_ settings: Settings) throws(Failure) {}
  func session(for link: Link, _ settings: Settings) throws(Failure) -> TLSSession {
    throw Failure(MESH_E_UNSUPPORTED, MESH_CLASS_UNSUPPORTED, "")
  }
}
