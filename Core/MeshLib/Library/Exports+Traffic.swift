// SPDX-License-Identifier: Apache-2.0
import CMeshABI
import MeshControl

/// `mesh_serve` of mesh.h.
@c @implementation
public func mesh_serve(
  _ handle: OpaquePointer?, _ protocol: UnsafePointer<CChar>?, _ options: UnsafePointer<mesh_serve_options>?
) -> Int32 { entered(handle) { $0.serve(`protocol`, options) } }

/// `mesh_unserve` of mesh.h.
@c @implementation
public func mesh_unserve(_ handle: OpaquePointer?, _ protocol: UnsafePointer<CChar>?) -> Int32 {
  entered(handle) { $0.unserve(`protocol`) }
}

/// `mesh_send` of mesh.h.
@c @implementation
public func mesh_send(
  _ handle: OpaquePointer?, _ peer: UInt64, _ protocol: UnsafePointer<CChar>?, _ slices: UnsafePointer<mesh_slice>?,
  _ n: UInt32, _ options: UnsafePointer<mesh_send_options>?, _ message: UnsafeMutablePointer<UInt64>?
) -> Int32 {
  message?.pointee = 0
  return entered(handle) {
    $0.send(peer: peer, protocol: `protocol`, slices: slices, n: n, options: options, message: message)
  }
}

/// `mesh_buffer_get` of mesh.h.
@c @implementation
public func mesh_buffer_get(_ handle: OpaquePointer?, _ size: UInt32, _ buffer: UnsafeMutablePointer<mesh_buffer>?)
  -> Int32
{
  guard let buffer else { return refuse(.invalid, "'buffer' is NULL") }
  buffer.pointee = mesh_buffer()
  return entered(handle) { $0.getBuffer(size, buffer) }
}

/// `mesh_buffer_release` of mesh.h.
@c @implementation
public func mesh_buffer_release(_ handle: OpaquePointer?, _ buffer: UInt64) -> Int32 {
  entered(handle) { $0.releaseBuffer(buffer) }
}

/// `mesh_send_buffer` of mesh.h.
@c @implementation
public func mesh_send_buffer(
  _ handle: OpaquePointer?, _ peer: UInt64, _ protocol: UnsafePointer<CChar>?, _ buffer: UInt64, _ len: UInt32,
  _ options: UnsafePointer<mesh_send_options>?, _ message: UnsafeMutablePointer<UInt64>?
) -> Int32 {
  message?.pointee = 0
  return entered(handle) {
    $0.sendBuffer(peer: peer, protocol: `protocol`, buffer: buffer, len: len, options: options, message: message)
  }
}

/// `mesh_cancel` of mesh.h.
@c @implementation
public func mesh_cancel(_ handle: OpaquePointer?, _ id: UInt64) -> Int32 { entered(handle) { $0.cancel(id) } }

/// `mesh_broadcast` of mesh.h.
@c @implementation
public func mesh_broadcast(
  _ handle: OpaquePointer?, _ protocol: UnsafePointer<CChar>?, _ slices: UnsafePointer<mesh_slice>?, _ n: UInt32,
  _ options: UnsafePointer<mesh_send_options>?
) -> Int32 { entered(handle) { $0.broadcast(`protocol`, slices, n, options) } }

/// `mesh_stream_open` of mesh.h.
@c @implementation
public func mesh_stream_open(
  _ handle: OpaquePointer?, _ peer: UInt64, _ protocol: UnsafePointer<CChar>?,
  _ options: UnsafePointer<mesh_send_options>?, _ stream: UnsafeMutablePointer<UInt64>?
) -> Int32 {
  stream?.pointee = 0
  guard let stream else { return refuse(.invalid, "'stream' is NULL") }
  return entered(handle) { $0.openStream(peer, `protocol`, options, stream) }
}

/// `mesh_stream_write` of mesh.h.
@c @implementation
public func mesh_stream_write(
  _ handle: OpaquePointer?, _ stream: UInt64, _ slices: UnsafePointer<mesh_slice>?, _ n: UInt32
) -> Int32 { entered(handle) { $0.writeStream(stream, slices, n) } }

/// `mesh_stream_finish` of mesh.h.
@c @implementation
public func mesh_stream_finish(_ handle: OpaquePointer?, _ stream: UInt64) -> Int32 {
  entered(handle) { $0.finishStream(stream) }
}

/// `mesh_stream_reset` of mesh.h.
@c @implementation
public func mesh_stream_reset(_ handle: OpaquePointer?, _ stream: UInt64, _ code: UInt64) -> Int32 {
  entered(handle) { $0.resetStream(stream, code) }
}

/// `mesh_request` of mesh.h.
@c @implementation
public func mesh_request(
  _ handle: OpaquePointer?, _ peer: UInt64, _ protocol: UnsafePointer<CChar>?, _ slices: UnsafePointer<mesh_slice>?,
  _ n: UInt32, _ options: UnsafePointer<mesh_send_options>?, _ request: UnsafeMutablePointer<UInt64>?
) -> Int32 {
  request?.pointee = 0
  return entered(handle) {
    $0.request(peer: peer, protocol: `protocol`, slices: slices, n: n, options: options, request: request)
  }
}

/// `mesh_reply` of mesh.h.
@c @implementation
public func mesh_reply(
  _ handle: OpaquePointer?, _ request: UInt64, _ slices: UnsafePointer<mesh_slice>?, _ n: UInt32, _ flags: UInt32
) -> Int32 { entered(handle) { $0.reply(request, slices, n, flags) } }

/// `mesh_refuse` of mesh.h.
@c @implementation
public func mesh_refuse(
  _ handle: OpaquePointer?, _ request: UInt64, _ code: UInt64, _ sentence: UnsafePointer<CChar>?
) -> Int32 { entered(handle) { $0.refuseRequest(request, code, sentence) } }
