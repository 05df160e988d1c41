// SPDX-License-Identifier: Apache-2.0
import CLibrary
import CMeshABI
import MeshControl

/// Runs a call on the state behind a handle, under its lock.
@inline(__always)
func entered(_ handle: OpaquePointer?, _ body: (Application) -> Int32) -> Int32 {
  guard let slot = library_enter(UnsafeRawPointer(handle)) else { return library_refuse(UnsafeRawPointer(handle)) }
  let code = Application.of(slot)._withUnsafeGuaranteedRef { body($0) }
  library_unlock(slot)
  return code
}

/// The same for calls that take events, which are not allowed inside `mesh_dispatch`.
@inline(__always)
func enteredOutsideDispatch(_ handle: OpaquePointer?, _ body: (Application) -> Int32) -> Int32 {
  entered(handle) { application in
    guard application.slot.pointee.calling == 0 else {
      return refuse(.state, "not inside mesh_dispatch of the same handle")
    }
    return body(application)
  }
}

/// The same for calls whose errors have a sentence made for them.
@inline(__always)
func attempted(_ handle: OpaquePointer?, _ body: (Application) throws(LibraryError) -> Void) -> Int32 {
  entered(handle) { application in
    do throws(LibraryError) {
      try body(application)
      return MESH_OK
    } catch { return error.tell() }
  }
}

/// `mesh_open` of mesh.h.
@c @implementation
public func mesh_open(
  _ options: UnsafePointer<mesh_open_options>?, _ handle: UnsafeMutablePointer<OpaquePointer?>?
) -> Int32 {
  handle?.pointee = nil
  guard let options, let handle else { return refuse(.invalid, "'options' or 'handle' is NULL") }
  do throws(LibraryError) {
    handle.pointee = try Application.open(options)
    return MESH_OK
  } catch { return error.tell() }
}

/// `mesh_close` of mesh.h.
@c @implementation
public func mesh_close(_ handle: OpaquePointer?, _ drain_ms: UInt32) -> Int32 {
  guard let slot = library_enter_to_close(handle) else { return library_refuse(UnsafeRawPointer(handle)) }
  guard slot.pointee.calling == 0 else {
    library_stay(slot)
    library_unlock(slot)
    return refuse(.state, "not inside mesh_dispatch of the same handle")
  }
  library_withdraw(slot)
  let application = Application.of(slot).takeRetainedValue()
  let code = application.close(drain: drain_ms)
  library_retire(slot)
  library_unlock(slot)
  return code
}

/// `mesh_error_name` of mesh.h.
@c @implementation
public func mesh_error_name(_ code: Int32) -> UnsafePointer<CChar>? { ErrorTexts.shared.name(code) }

/// `mesh_error_text` of mesh.h.
@c @implementation
public func mesh_error_text(_ code: Int32) -> UnsafePointer<CChar>? { ErrorTexts.shared.text(code) }

/// `mesh_error_flags` of mesh.h.
@c @implementation
public func mesh_error_flags(_ code: Int32) -> UInt32 { ErrorTexts.shared.flags(code) }

/// `mesh_fd` when the descriptor is not there yet; see library.c.
@c @implementation
public func library_make_fd(_ handle: OpaquePointer?) -> Int32 {
  entered(handle) { application in
    application.home.takeSeat()
    defer { application.home.leaveSeat() }
    let descriptor = application.writer.signal.make()
    guard descriptor >= 0 else { return refuse(.io, "there is no descriptor left") }
    if application.hasEvents { application.writer.signal.raise() }
    application.slot.pointee.fd = descriptor
    return descriptor
  }
}

/// `mesh_events` of mesh.h.
@c @implementation
public func mesh_events(_ handle: OpaquePointer?, _ events: UnsafeMutablePointer<mesh_event>?, _ n: UInt32) -> Int32 {
  enteredOutsideDispatch(handle) { $0.takeEvents(events, n) }
}

/// `mesh_wait` of mesh.h.
@c @implementation
public func mesh_wait(_ handle: OpaquePointer?, _ timeout_ms: Int32) -> Int32 {
  enteredOutsideDispatch(handle) { $0.wait(timeout_ms) }
}

/// `mesh_dispatch` of mesh.h.
@c @implementation
public func mesh_dispatch(
  _ handle: OpaquePointer?, _ n: UInt32, _ callback: mesh_callback?, _ context: UnsafeMutableRawPointer?
) -> Int32 {
  guard let callback else { return refuse(.invalid, "'callback' is NULL") }
  return enteredOutsideDispatch(handle) { $0.dispatch(n, handle!, callback, context) }
}

/// `mesh_keep` of mesh.h.
@c @implementation
public func mesh_keep(
  _ handle: OpaquePointer?, _ event: UnsafePointer<mesh_event>?, _ kept: UnsafeMutablePointer<UInt64>?
) -> Int32 {
  kept?.pointee = 0
  guard let event, let kept else { return refuse(.invalid, "'event' or 'kept' is NULL") }
  return entered(handle) { $0.keep(event, kept) }
}

/// `mesh_release` of mesh.h.
@c @implementation
public func mesh_release(_ handle: OpaquePointer?, _ kept: UInt64) -> Int32 { entered(handle) { $0.release(kept) } }
