// SPDX-License-Identifier: Apache-2.0
import CMesh

/// The name of a node: its Ed25519 public key. Printed and read as `mesh1…`.
public struct NodeID: Hashable, Sendable, CustomStringConvertible {
  /// 32 bytes.
  public let bytes: [UInt8]

  init(_ fill: (UnsafeMutablePointer<UInt8>) -> Int32) throws(MeshError) {
    var bytes = [UInt8](repeating: 0, count: Int(MESH_ID_SIZE))
    let answer = bytes.withUnsafeMutableBufferPointer { fill($0.baseAddress!) }
    try MeshError.check(answer)
    self.bytes = bytes
  }

  /// The name that a printed form stands for. Typing errors are found.
  public init(_ text: String) throws(MeshError) {
    try self.init { id in mesh_name_decode(text, id) }
  }

  /// Makes a key and writes it to a new file that only its owner can read.
  public static func generate(path: String) throws(MeshError) -> NodeID {
    try NodeID { id in mesh_identity_generate(path, id) }
  }

  /// The name that belongs to a key file.
  public static func load(path: String) throws(MeshError) -> NodeID {
    try NodeID { id in mesh_identity_load(path, id) }
  }

  /// Throws `.auth` when this node did not sign `data`; a signature has 64 bytes.
  public func verify(_ data: [UInt8], signature: [UInt8]) throws(MeshError) {
    guard signature.count == Int(MESH_SIGNATURE_SIZE) else {
      throw MeshError(code: .invalid, sentence: "a signature has 64 bytes, not \(signature.count)")
    }
    try MeshError.check(mesh_verify(bytes, data, data.count, signature))
  }

  /// `mesh1…`
  public var description: String {
    withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(MESH_NAME_SIZE)) { room in
      mesh_name_encode(bytes, room.baseAddress!, room.count) == 0 ? String(cString: room.baseAddress!) : ""
    }
  }
}
