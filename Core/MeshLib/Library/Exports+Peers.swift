// SPDX-License-Identifier: Apache-2.0
import CMeshABI
import Glibc
import MeshControl
import MeshWire

/// `mesh_peer_find` of mesh.h.
@c @implementation
public func mesh_peer_find(
  _ handle: OpaquePointer?, _ name: UnsafePointer<CChar>?, _ peer: UnsafeMutablePointer<UInt64>?
) -> Int32 {
  peer?.pointee = 0
  guard let peer else { return refuse(.invalid, "'peer' is NULL") }
  return attempted(handle) { (application) throws(LibraryError) in try application.findPeer(name, peer) }
}

/// `mesh_peer_add` of mesh.h.
@c @implementation
public func mesh_peer_add(
  _ handle: OpaquePointer?, _ invitation: UnsafePointer<CChar>?, _ alias: UnsafePointer<CChar>?,
  _ peer: UnsafeMutablePointer<UInt64>?
) -> Int32 {
  peer?.pointee = 0
  return attempted(handle) { (application) throws(LibraryError) in
    let line = try application.text(invitation, "invitation", limit: 8192)
    let word = alias == nil ? nil : try application.text(alias, "alias", limit: 256)
    let added = try application.call(PeersAddMethod.self, PeerAddition(invitation: line, alias: word))
    let found = try application.call(PeerInfoMethod.self, PeerWord(peer: added.id))
    let number = application.home.peerNumber(found.number, found.id)
    application.peers[number] = found.id
    peer?.pointee = number
  }
}

/// `mesh_peer_remove` of mesh.h.
@c @implementation
public func mesh_peer_remove(_ handle: OpaquePointer?, _ peer: UInt64) -> Int32 {
  attempted(handle) { (application) throws(LibraryError) in
    let name = try application.name(of: peer)
    _ = try application.call(PeersRemoveMethod.self, PeerReference(peer: name))
    application.peersByWord = application.peersByWord.filter { $0.value != peer }
  }
}

/// `mesh_peer_info_get` of mesh.h.
@c @implementation
public func mesh_peer_info_get(_ handle: OpaquePointer?, _ peer: UInt64, _ info: UnsafeMutablePointer<mesh_peer_info>?)
  -> Int32
{
  guard let info else { return refuse(.invalid, "'info' is NULL") }
  let size = info.pointee.size
  guard size >= MemoryLayout<mesh_peer_info>.size, size <= 4096 else {
    return refuse(.invalid, "'size' of the information is not that of the struct")
  }
  memset(info, 0, Int(size))
  info.pointee.size = size
  return attempted(handle) { (application) throws(LibraryError) in try application.peerInfo(peer, info) }
}

/// `mesh_peers` of mesh.h.
@c @implementation
public func mesh_peers(
  _ handle: OpaquePointer?, _ peers: UnsafeMutablePointer<UInt64>?, _ n: UInt32, _ total: UnsafeMutablePointer<UInt32>?
) -> Int32 {
  total?.pointee = 0
  return entered(handle) { application in
    do throws(LibraryError) { return try application.listPeers(peers, n, total) } catch { return error.tell() }
  }
}

/// `mesh_connect` of mesh.h.
@c @implementation
public func mesh_connect(_ handle: OpaquePointer?, _ peer: UInt64) -> Int32 { entered(handle) { $0.connect(peer) } }

/// `mesh_why` of mesh.h.
@c @implementation
public func mesh_why(
  _ handle: OpaquePointer?, _ peer: UInt64, _ text: UnsafeMutablePointer<CChar>?, _ size: Int,
  _ needed: UnsafeMutablePointer<Int>?
) -> Int32 {
  needed?.pointee = 0
  return attempted(handle) { (application) throws(LibraryError) in
    let name = try application.name(of: peer)
    let report = try application.call(WhyMethod.self, PeerReference(peer: name))
    try application.give(JSONText.of(report.cbor), text, size, needed)
  }
}

/// `mesh_hint` of mesh.h.
@c @implementation
public func mesh_hint(_ handle: OpaquePointer?, _ hint: UInt32, _ value: UInt64) -> Int32 {
  entered(handle) { $0.hint(hint, value) }
}

/// `mesh_metrics` of mesh.h.
@c @implementation
public func mesh_metrics(
  _ handle: OpaquePointer?, _ text: UnsafeMutablePointer<CChar>?, _ size: Int, _ needed: UnsafeMutablePointer<Int>?
) -> Int32 {
  needed?.pointee = 0
  return attempted(handle) { (application) throws(LibraryError) in
    try application.give(try application.call(MetricsMethod.self, Nothing()).text, text, size, needed)
  }
}

/// `mesh_status` of mesh.h.
@c @implementation
public func mesh_status(
  _ handle: OpaquePointer?, _ text: UnsafeMutablePointer<CChar>?, _ size: Int, _ needed: UnsafeMutablePointer<Int>?
) -> Int32 {
  needed?.pointee = 0
  return attempted(handle) { (application) throws(LibraryError) in
    let status = try application.call(StatusMethod.self, Nothing())
    try application.give(JSONText.of(status.cbor), text, size, needed)
  }
}
