// SPDX-License-Identifier: Apache-2.0
// Options: -detect_leaks=0
// Modules: MeshWire=Core/Wire MeshCrypto=Core/Crypto MeshSession=Core/Session MeshMultiplexer=Core/Multiplexer MeshTransportManager=Core/TransportManager MeshConfig=Core/Config MeshObserve=Core/Observe MeshEventLoop=Core/EventLoop MeshPluginHost=Core/PluginHost MeshNode=Core/Node MeshControl=Core/Control MeshApplication=Core/Application MeshService=Core/Service MeshLibrary=Core/MeshLib/Library
import CMeshABI
import Glibc

/// The node behind calls that need one: its one transport is Unix sockets, and it does not listen. What it holds behind
/// weak references looks like a leak while it lives; Tests/Library looks for leaks by opening and closing.
nonisolated(unsafe) private let handle: OpaquePointer = {
  var template = Array("/tmp/mesh-fuzz-XXXXXX".utf8CString)
  guard mkdtemp(&template) != nil else { exit(1) }
  let folder = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
  let text =
    "node: { state: \(folder) }\nplugins: { directories: [build/plugins], trust: any }\ntransport_priority: [unix]\n"
  var handle: OpaquePointer?
  let code = open(text, &handle)
  guard code == MESH_OK, let handle else {
    perror(mesh_last_error())
    exit(1)
  }
  return handle
}()

private func open(_ text: String, _ handle: inout OpaquePointer?) -> Int32 {
  text.withCString { text in
    var options = mesh_open_options()
    mesh_open_options_default(&options)
    options.home = UInt32(MESH_HOME_PROCESS)
    options.config_text = text
    return mesh_open(&options, &handle)
  }
}

/// A name that is read is written the same way, apart from its case.
private func name(_ text: UnsafePointer<CChar>) {
  var id = [UInt8](repeating: 0, count: Int(MESH_ID_SIZE))
  guard mesh_name_decode(text, &id) == MESH_OK else { return }
  var again = [CChar](repeating: 0, count: Int(MESH_NAME_SIZE))
  precondition(mesh_name_encode(id, &again, again.count) == MESH_OK)
  precondition(strcasecmp(text, again) == 0)
}

/// A key, a signature and what was signed; nobody finds one that fits.
private func verify(_ bytes: [UInt8]) {
  guard bytes.count >= 96 else { return }
  let code = bytes.withUnsafeBufferPointer { bytes in
    mesh_verify(
      bytes.baseAddress!, bytes.baseAddress! + 96, bytes.count - 96, bytes.baseAddress! + Int(MESH_ID_SIZE))
  }
  precondition(code == MESH_OK || code == MESH_E_AUTH)
}

/// The first key is unknown, so that no input opens a node.
private func configuration(_ text: String) {
  var none: OpaquePointer?
  let code = open("unknown: 1\n" + text, &none)
  precondition(none == nil && code == MESH_E_CONFIG)
}

private func peer(_ line: UnsafePointer<CChar>, _ alias: UnsafePointer<CChar>?) {
  var peer: UInt64 = 0
  guard mesh_peer_add(handle, line, alias, &peer) == MESH_OK else { return precondition(peer == 0) }
  var info = mesh_peer_info()
  info.size = UInt32(MemoryLayout<mesh_peer_info>.size)
  precondition(mesh_peer_info_get(handle, peer, &info) == MESH_OK)
  precondition(mesh_peer_remove(handle, peer) == MESH_OK)
}

/// Names of protocols and peers, and numbers of things that are not there.
private func names(_ text: UnsafePointer<CChar>, _ number: UInt64) {
  var found: UInt64 = 0
  if mesh_serve(handle, text, nil) == MESH_OK { precondition(mesh_unserve(handle, text) == MESH_OK) }
  if mesh_peer_find(handle, text, &found) != MESH_OK { precondition(found == 0) }
  var slice = mesh_slice(data: text, len: strlen(text))
  _ = mesh_send(handle, number, text, &slice, 1, nil, nil)
  _ = mesh_request(handle, number, text, &slice, 1, nil, nil)
  _ = mesh_reply(handle, number, &slice, 1, 0)
  _ = mesh_refuse(handle, number, number, text)
  _ = mesh_stream_write(handle, number, &slice, 1)
  _ = mesh_cancel(handle, number)
  _ = mesh_release(handle, number)
  _ = mesh_buffer_release(handle, number)
}

/// What is sent to everybody, signed, or goes with options: flags, class, lifetime and metadata as they come.
private func options(_ text: UnsafePointer<CChar>, _ number: UInt64) {
  var slice = mesh_slice(data: text, len: strlen(text))
  var options = mesh_send_options()
  mesh_send_options_default(&options)
  options.flags = UInt32(truncatingIfNeeded: number)
  options.tclass = UInt32(truncatingIfNeeded: number >> 32) & 7
  options.lifetime_ms = number
  options.metadata = UnsafeRawPointer(text)
  options.metadata_len = UInt32(slice.len)
  var found: UInt64 = 1
  if mesh_stream_open(handle, number, text, &options, &found) != MESH_OK { precondition(found == 0) }
  if mesh_request(handle, number, text, &slice, 1, &options, &found) != MESH_OK { precondition(found == 0) }
  if mesh_send(handle, number, text, &slice, 1, &options, &found) != MESH_OK { precondition(found == 0) }
  _ = mesh_broadcast(handle, text, &slice, 1, &options)
  var signature = [UInt8](repeating: 0, count: Int(MESH_SIGNATURE_SIZE))
  precondition(mesh_sign(handle, text, slice.len, &signature) == MESH_OK)
  var own = [UInt8](repeating: 0, count: Int(MESH_ID_SIZE))
  precondition(mesh_id(handle, &own) == MESH_OK)
  precondition(mesh_verify(own, text, slice.len, signature) == MESH_OK)
  var buffer = mesh_buffer()
  guard mesh_buffer_get(handle, UInt32(slice.len), &buffer) == MESH_OK else { return }
  memcpy(buffer.data, text, slice.len)
  _ = mesh_send_buffer(handle, number, text, buffer.id, UInt32(slice.len), &options, &found)
  _ = mesh_buffer_release(handle, buffer.id)
}

/// The bytes as a key file, and then as the name of one; what is read as a key is the key of what is written.
private func identity(_ bytes: [UInt8], _ text: UnsafePointer<CChar>) {
  let file = "/tmp/mesh-fuzz-\(getpid()).key"
  let descriptor = open(file, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0o600)
  precondition(descriptor >= 0 && write(descriptor, bytes, bytes.count) == bytes.count && close(descriptor) == 0)
  var id = [UInt8](repeating: 1, count: Int(MESH_ID_SIZE))
  let code = mesh_identity_load(file, &id)
  precondition(code == MESH_OK || (code == MESH_E_CONFIG && id.allSatisfy { $0 == 0 }))
  precondition(mesh_identity_generate(file, &id) == MESH_E_EXISTS)
  unlink(file)
  _ = mesh_identity_load(text, &id)
}

/// Options as they come, for every call that takes a struct with a size. Their pointers stay NULL.
private func structs(_ bytes: [UInt8]) {
  withUnsafeTemporaryAllocation(byteCount: 4096, alignment: 16) { space in
    let start = space.baseAddress!
    memset(start, 0, space.count)
    for (index, byte) in bytes.prefix(256).enumerated() where index < 16 || index >= 48 { space[index] = byte }
    var number: UInt64 = 1
    let code = mesh_send(handle, 1, "/x", nil, 0, start.assumingMemoryBound(to: mesh_send_options.self), &number)
    precondition(code == MESH_OK || number == 0)
    if mesh_serve(handle, "/x", start.assumingMemoryBound(to: mesh_serve_options.self)) == MESH_OK {
      precondition(mesh_unserve(handle, "/x") == MESH_OK)
    }
    _ = mesh_peer_info_get(handle, 1, start.assumingMemoryBound(to: mesh_peer_info.self))
    for (index, byte) in bytes.prefix(256).enumerated() { space[index] = 16..<56 ~= index ? 0 : byte }
    let opening = start.assumingMemoryBound(to: mesh_open_options.self)
    // Without a path this would be the daemon of the machine.
    if opening.pointee.home == MESH_HOME_DAEMON { opening.pointee.home = 0 }
    var none: OpaquePointer?
    precondition(mesh_open(opening, &none) < 0 && none == nil)
  }
}

/// The first byte chooses the call, the rest is its text.
@c(LLVMFuzzerTestOneInput)
public func fuzzCalls(_ data: UnsafePointer<UInt8>, _ count: Int) -> CInt {
  guard count > 9 else { return 0 }
  let bytes = Array(UnsafeBufferPointer(start: data + 9, count: count - 9))
  let number = UnsafeRawPointer(data + 1).loadUnaligned(as: UInt64.self)
  let text = bytes.map(CChar.init(bitPattern:)) + [0]
  switch data[0] % 8 {
  case 0: name(text)
  case 1: verify(bytes)
  case 2: configuration(String(decoding: bytes.filter { $0 != 0 }, as: UTF8.self))
  case 3: peer(text, number & 1 == 0 ? nil : "alias")
  case 4: names(text, number)
  case 5: options(text, number)
  case 6: identity(bytes, text)
  default: structs(bytes)
  }
  var events = [mesh_event](repeating: mesh_event(), count: 16)
  precondition(mesh_events(handle, &events, 16) >= 0)
  return 0
}
