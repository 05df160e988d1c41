// SPDX-License-Identifier: Apache-2.0
import CMeshABI
import Glibc
import MeshControl
import MeshCrypto
import MeshWire

private let identityLength = 32

private func identityOf(_ id: UnsafePointer<UInt8>) -> NodeID? {
  NodeID(bytes: UnsafeRawBufferPointer(start: id, count: identityLength))
}

private func clear(_ id: UnsafeMutablePointer<UInt8>?, _ count: Int = identityLength) {
  if let id { memset(id, 0, count) }
}

/// `mesh_id` of mesh.h.
@c @implementation
public func mesh_id(_ handle: OpaquePointer?, _ id: UnsafeMutablePointer<UInt8>!) -> Int32 {
  clear(id)
  guard let id else { return refuse(.invalid, "'id' is NULL") }
  return entered(handle) { application in
    for (index, byte) in application.id.prefix(identityLength).enumerated() { id[index] = byte }
    return MESH_OK
  }
}

/// `mesh_name_encode` of mesh.h.
@c @implementation
public func mesh_name_encode(_ id: UnsafePointer<UInt8>!, _ text: UnsafeMutablePointer<CChar>!, _ size: Int) -> Int32 {
  let room = UInt(bitPattern: size)
  if let text, room > 0 { text[0] = 0 }
  guard let id, let text, let node = identityOf(id) else { return refuse(.invalid, "'id' or 'text' is NULL") }
  var name = node.name
  guard room > UInt(name.utf8.count) else { return refuse(.invalid, "'text' has less room than MESH_NAME_SIZE") }
  name.withUTF8 { if let bytes = $0.baseAddress { memcpy(text, bytes, $0.count) } }
  text[name.utf8.count] = 0
  return MESH_OK
}

/// `mesh_name_decode` of mesh.h.
@c @implementation
public func mesh_name_decode(_ text: UnsafePointer<CChar>!, _ id: UnsafeMutablePointer<UInt8>!) -> Int32 {
  clear(id)
  guard let text, let id else { return refuse(.invalid, "'text' or 'id' is NULL") }
  let length = strnlen(text, Int(MESH_NAME_SIZE) + 1)
  guard length <= Int(MESH_NAME_SIZE),
    let word = String(validating: UnsafeRawBufferPointer(start: text, count: length), as: UTF8.self)
  else { return refuse(.invalid, "the text is no name of a node: those start with mesh1 and have 63 characters") }
  do throws(NodeID.NameError) {
    copy(try NodeID.parse(word), to: id)
    return MESH_OK
  } catch { return refuse(ErrorCode.invalid.rawValue, "\(error)") }
}

private func copy(_ node: NodeID, to id: UnsafeMutablePointer<UInt8>) {
  node.withBytes { if let bytes = $0.baseAddress { memcpy(id, bytes, identityLength) } }
}

private func path(_ pointer: UnsafePointer<CChar>?) throws(LibraryError) -> String {
  guard let pointer, let text = String(validatingCString: pointer), !text.isEmpty, text.utf8.count < Int(PATH_MAX)
  else { throw LibraryError(.invalid, "'path' is NULL, empty, too long or not UTF-8") }
  return text
}

/// `mesh_identity_generate` of mesh.h.
@c @implementation
public func mesh_identity_generate(_ path: UnsafePointer<CChar>!, _ id: UnsafeMutablePointer<UInt8>!) -> Int32 {
  clear(id)
  guard let id else { return refuse(.invalid, "'id' is NULL") }
  do throws(LibraryError) {
    let file = try MeshLibrary.path(path)
    let identity = Identity.generate()
    do throws(IdentityFileError) { try identity.save(file) } catch { throw LibraryError(error) }
    copy(identity.id, to: id)
    return MESH_OK
  } catch { return error.tell() }
}

/// `mesh_identity_load` of mesh.h.
@c @implementation
public func mesh_identity_load(_ path: UnsafePointer<CChar>!, _ id: UnsafeMutablePointer<UInt8>!) -> Int32 {
  clear(id)
  guard let id else { return refuse(.invalid, "'id' is NULL") }
  do throws(LibraryError) {
    let file = try MeshLibrary.path(path)
    do throws(IdentityFileError) { copy(try Identity.load(file).id, to: id) } catch { throw LibraryError(error) }
    return MESH_OK
  } catch { return error.tell() }
}

extension LibraryError {
  /// What is wrong with a key file.
  init(_ error: IdentityFileError) {
    let code: ErrorCode =
      switch error {
      case .system(_, _, ENOENT), .system(_, _, ENOTDIR): .notFound
      case .system(_, _, EACCES), .system(_, _, EPERM), .permissions, .owner: .permission
      case .system: .io
      case .notAFile, .format: .config
      case .exists: .exists
      }
    self.init(code, "\(error)")
  }
}

/// `mesh_sign` of mesh.h.
@c @implementation
public func mesh_sign(
  _ handle: OpaquePointer?, _ data: UnsafeRawPointer?, _ len: Int, _ signature: UnsafeMutablePointer<UInt8>!
) -> Int32 {
  clear(signature, Int(MESH_SIGNATURE_SIZE))
  guard let signature, data != nil || len == 0 else { return refuse(.invalid, "'data' or 'signature' is NULL") }
  return attempted(handle) { (application) throws(LibraryError) in
    guard len >= 0, len <= signedLimit else {
      throw LibraryError(.limit, "at most 1,000,000 bytes are signed: sign their hash")
    }
    let answer = try application.call(
      SignMethod.self, SignedBytes(data: Array(UnsafeRawBufferPointer(start: data, count: len))))
    guard answer.data.count == Int(MESH_SIGNATURE_SIZE) else {
      throw LibraryError(.internal, "the node's signature has \(answer.data.count) bytes")
    }
    for (index, byte) in answer.data.enumerated() { signature[index] = byte }
  }
}

private let signedLimit = 1_000_000

/// `mesh_verify` of mesh.h.
@c @implementation
public func mesh_verify(
  _ id: UnsafePointer<UInt8>!, _ data: UnsafeRawPointer?, _ len: Int, _ signature: UnsafePointer<UInt8>!
) -> Int32 {
  guard let id, let signature, data != nil || len == 0, len >= 0, let node = identityOf(id) else {
    return refuse(.invalid, "'id', 'data' or 'signature' is NULL")
  }
  let isGood = Identity.verifyForApplication(
    id: node, Array(UnsafeRawBufferPointer(start: data, count: len)),
    signature: Array(UnsafeBufferPointer(start: signature, count: Int(MESH_SIGNATURE_SIZE))))
  return isGood ? MESH_OK : refuse(.auth, "the signature was not made by this node over these bytes")
}

/// `mesh_invite` of mesh.h.
@c @implementation
public func mesh_invite(
  _ handle: OpaquePointer?, _ text: UnsafeMutablePointer<CChar>?, _ size: Int, _ needed: UnsafeMutablePointer<Int>?
) -> Int32 {
  needed?.pointee = 0
  return attempted(handle) { (application) throws(LibraryError) in
    let answer = try application.call(InviteMethod.self, InviteParams())
    try application.give(answer.invitation, text, size, needed)
  }
}
