// SPDX-License-Identifier: Apache-2.0
// Options: -detect_leaks=0 -len_control=0 -max_len=1024
// Modules: MeshWire=Core/Wire MeshCrypto=Core/Crypto MeshSession=Core/Session MeshMultiplexer=Core/Multiplexer MeshTransportManager=Core/TransportManager MeshConfig=Core/Config MeshObserve=Core/Observe MeshEventLoop=Core/EventLoop MeshPluginHost=Core/PluginHost MeshNode=Core/Node MeshControl=Core/Control MeshApplication=Core/Application MeshService=Core/Service MeshLibrary=Core/MeshLib/Library
import CApplication
import CMeshABI
import Glibc
import MeshControl

/// A false daemon on a thread of its own: it answers that the application is attached, and then says what the input
/// says. Whoever comes back to it hears the same again.
private final class FalseDaemon: @unchecked Sendable {
  let path: String
  private let listener: Int32
  private let answer: [UInt8]
  private var script: [UInt8] = []
  private let lock = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)

  init() {
    var template = Array("/tmp/mesh-fuzz-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { exit(1) }
    path = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self) + "/s"
    let node = AttachedNode(version: UInt64(APP_VERSION), id: [UInt8](repeating: 9, count: 32))
    guard let listener = try? ControlSocket.listen(path, mode: 0o600),
      let answer = try? ControlCodec.encode(.result(id: 1, node.cbor))
    else { exit(1) }
    self.listener = listener
    self.answer = answer
    pthread_mutex_init(lock, nil)
    _ = fcntl(listener, F_SETFL, 0)
    var thread = pthread_t()
    let context = Unmanaged.passRetained(self).toOpaque()
    guard pthread_create(&thread, nil, daemonThread, context) == 0 else { exit(1) }
  }

  func say(_ script: [UInt8]) {
    pthread_mutex_lock(lock)
    self.script = script
    pthread_mutex_unlock(lock)
  }

  fileprivate func serve() {
    var room = [UInt8](repeating: 0, count: 65_536)
    while true {
      let socket = accept(listener, nil, nil)
      guard socket >= 0 else { continue }
      pthread_mutex_lock(lock)
      let script = script
      pthread_mutex_unlock(lock)
      // The answer is alone on its way until the first record comes, as the protocol wants it.
      var got = recv(socket, &room, room.count, 0)
      _ = send(socket, answer, answer.count, Int32(MSG_NOSIGNAL))
      if got > 0 { got = recv(socket, &room, room.count, 0) }
      if got > 0 { _ = send(socket, script, script.count, Int32(MSG_NOSIGNAL | MSG_DONTWAIT)) }
      // An odd script ends the connection; with others it lasts until the application leaves.
      while script.count & 8 == 0, recv(socket, &room, room.count, 0) > 0 {}
      close(socket)
    }
  }
}

@c private func daemonThread(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
  if let context { Unmanaged<FalseDaemon>.fromOpaque(context).takeRetainedValue().serve() }
  return nil
}

nonisolated(unsafe) private let daemon = FalseDaemon()

/// An event whose members the input chooses from what is nearly right.
private func record(_ part: ArraySlice<UInt8>) -> [UInt8] {
  let part = Array(part) + [UInt8](repeating: 0, count: 8)
  var header = application_event()
  header.kind = part[0] & 1 == 0 ? UInt32(part[0] >> 1 & 31) : 0x100 | UInt32(part[0] >> 1 & 3)
  header.code = part[1] & 3 == 0 ? -Int32(part[1] >> 2) : 0
  header.id = UInt64(part[2] & 7) | (part[2] & 8 != 0 ? 1 << 62 : 0) | (part[2] & 16 != 0 ? 1 << 32 : 0)
  header.token = part[2] & 128 != 0 ? .max : UInt64(part[2] >> 5 & 3)
  header.peer = UInt64(part[3] & 3)
  header.value = part[3] & 128 != 0 ? .max >> UInt64(part[3] >> 2 & 31) : UInt64(part[3] >> 2)
  header.flags = UInt16(part[4])
  let isName = header.kind == APP_ON_PEER_NAME && part[5] & 3 != 0
  let length = isName ? 32 : Int(part[5])
  header.len = part[6] == 255 ? .max : UInt32(length)
  header.meta_len = part[6] == 254 ? .max : UInt16(part[6] & 63)
  var bytes = withUnsafeBytes(of: header) { Array($0) }
  bytes += [UInt8](repeating: part[7], count: Int(header.meta_len & 63) + length)
  return bytes + [UInt8](repeating: 0, count: -bytes.count & 7)
}

/// Does with a number of the daemon's whatever an application may do with one.
private func use(_ handle: OpaquePointer, _ event: mesh_event) {
  var slice = mesh_slice(data: event.data, len: Int(event.len))
  var number: UInt64 = 0
  switch Int32(event.kind) {
  case Int32(MESH_ON_REQUEST):
    _ = mesh_reply(handle, event.id, &slice, 1, UInt32(event.value & 1))
    _ = mesh_refuse(handle, event.id, 1, "no")
  case Int32(MESH_ON_STREAM), Int32(MESH_ON_DATA):
    _ = mesh_stream_write(handle, event.id, &slice, 1)
    if event.value & 1 != 0 {
      _ = mesh_stream_finish(handle, event.id)
    } else {
      _ = mesh_stream_reset(handle, event.id, 1)
    }
  default:
    _ = mesh_send(handle, event.peer, "/x", &slice, 1, nil, &number)
    _ = mesh_request(handle, event.peer, "/x", &slice, 1, nil, &number)
    _ = mesh_stream_open(handle, event.peer, "/x", nil, &number)
    _ = mesh_cancel(handle, number)
  }
}

/// The first byte says whether the daemon's bytes are those of the input, or records that are nearly right.
@c(LLVMFuzzerTestOneInput)
public func fuzzDaemon(_ data: UnsafePointer<UInt8>, _ count: Int) -> CInt {
  guard count > 1 else { return 0 }
  let input = Array(UnsafeBufferPointer(start: data, count: min(count, 4096)))
  daemon.say(
    input[0] & 1 == 0
      ? Array(input[1...])
      : stride(from: 1, to: input.count, by: 8).flatMap { record(input[$0..<min($0 + 8, input.count)]) })
  var handle: OpaquePointer?
  let code = daemon.path.withCString { path in
    var options = mesh_open_options()
    mesh_open_options_default(&options)
    options.home = UInt32(MESH_HOME_DAEMON)
    options.socket = path
    options.event_bytes = 65_536
    return mesh_open(&options, &handle)
  }
  guard code == MESH_OK, let handle else { return 0 }
  var events = [mesh_event](repeating: mesh_event(), count: 16)
  for _ in 0..<3 {
    _ = mesh_wait(handle, 1)
    let taken = mesh_events(handle, &events, UInt32(events.count))
    for index in 0..<max(0, Int(taken)) {
      var kept: UInt64 = 0
      _ = mesh_keep(handle, &events[index], &kept)
      use(handle, events[index])
      if events[index].id & 1 != 0 { _ = mesh_release(handle, kept) }
    }
  }
  _ = mesh_close(handle, 0)
  return 0
}
