// SPDX-License-Identifier: Apache-2.0
import MeshWire

extension Identity {
  /// The context of what applications sign with a node's key: no such signature is good for the node's own records.
  public static let applicationContext = "application"

  /// A signature of an application over its own bytes: 64 bytes.
  public func signForApplication(_ message: [UInt8]) -> [UInt8] { sign(context: Self.applicationContext, message) }

  /// Whether `signature` was made by `signForApplication` on the node `id`.
  public static func verifyForApplication(id: NodeID, _ message: [UInt8], signature: [UInt8]) -> Bool {
    verify(id: id, context: applicationContext, message, signature: signature)
  }
}
