// SPDX-License-Identifier: Apache-2.0
// Options: -detect_leaks=0 -len_control=0 -max_len=1024
// Modules: MeshWire=Core/Wire MeshCrypto=Core/Crypto MeshSession=Core/Session MeshMultiplexer=Core/Multiplexer MeshTransportManager=Core/TransportManager MeshConfig=Core/Config MeshObserve=Core/Observe MeshEventLoop=Core/EventLoop MeshPluginHost=Core/PluginHost MeshNode=Core/Node MeshControl=Core/Control MeshApplication=Core/Application MeshService=Core/Service MeshLibrary=Core/MeshLib/Library
import CMeshABI
import Glibc

/// One of two nodes in this process that know each other, and what it has under way.
private final class Side {
  let handle: OpaquePointer
  /// The number of the other.
  var peer: UInt64 = 0
  var streams: [UInt64] = []
  var asked: [UInt64] = []
  var sent: [UInt64] = []
  var kept: [UInt64] = []

  init(_ name: String, _ folder: String) {
    let text =
      "node: { state: \(folder)/\(name) }\nplugins: { directories: [build/plugins], trust: any }\n"
      + "transports: { unix: { listen: ['unix://\(folder)/\(name).sock'] } }\n"
    var handle: OpaquePointer?
    let code = text.withCString { text in
      var options = mesh_open_options()
      mesh_open_options_default(&options)
      options.config_text = text
      return mesh_open(&options, &handle)
    }
    guard code == MESH_OK, let handle else {
      perror(mesh_last_error())
      exit(1)
    }
    self.handle = handle
  }

  func learn(_ other: Side) {
    var line = [CChar](repeating: 0, count: 4096)
    precondition(mesh_invite(other.handle, &line, line.count, nil) == MESH_OK)
    precondition(mesh_peer_add(handle, line, nil, &peer) == MESH_OK)
    precondition(mesh_serve(handle, protocolName, nil) == MESH_OK)
  }

  /// Takes what has come, and keeps some of it.
  func take(_ keeping: UInt8) {
    var events = [mesh_event](repeating: mesh_event(), count: 16)
    let count = mesh_events(handle, &events, UInt32(events.count))
    precondition(count >= 0)
    for index in 0..<Int(count) {
      precondition(events[index].data != nil && events[index].meta != nil)
      switch Int32(events[index].kind) {
      case Int32(MESH_ON_STREAM): streams.append(events[index].id)
      case Int32(MESH_ON_REQUEST): asked.append(events[index].id)
      default: break
      }
      guard keeping >> (index & 7) & 1 != 0 else { continue }
      var number: UInt64 = 0
      if mesh_keep(handle, &events[index], &number) == MESH_OK {
        kept.append(number)
        // Once only; of two without data nobody can tell which is meant.
        precondition(events[index].len == 0 || mesh_keep(handle, &events[index], &number) == MESH_E_INVALID)
      }
    }
  }

  /// Ends everything, so that no input is longer under way than itself.
  func end() {
    for stream in streams { _ = mesh_stream_reset(handle, stream, 1) }
    for request in asked { _ = mesh_refuse(handle, request, 1, nil) }
    for number in kept {
      precondition(mesh_release(handle, number) == MESH_OK && mesh_release(handle, number) == MESH_E_STALE)
    }
    (streams, asked, sent, kept) = ([], [], [], [])
  }
}

private let protocolName = "/fuzz/1"

nonisolated(unsafe) private let sides: (Side, Side) = {
  var template = Array("/tmp/mesh-fuzz-XXXXXX".utf8CString)
  guard mkdtemp(&template) != nil else { exit(1) }
  let folder = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
  let sides = (Side("a", folder), Side("b", folder))
  sides.0.learn(sides.1)
  sides.1.learn(sides.0)
  return sides
}()

nonisolated(unsafe) private let pool: UnsafeMutableRawPointer = {
  let pool = UnsafeMutableRawPointer.allocate(byteCount: 70_000, alignment: 16)
  memset(pool, 0x5a, 70_000)
  return pool
}()

/// Lengths that no memory has; a size_t above Int.max is negative in Swift.
private let hostileLengths = [-1, .min, -1000, .max, 1 << 62]

private struct Input {
  private let bytes: UnsafeBufferPointer<UInt8>
  private var offset = 0

  init(_ bytes: UnsafeBufferPointer<UInt8>) { self.bytes = bytes }

  var isAtEnd: Bool { offset >= bytes.count }

  mutating func next() -> UInt8 {
    guard !isAtEnd else { return 0 }
    offset += 1
    return bytes[offset - 1]
  }

  mutating func word() -> UInt64 { (0..<8).reduce(0) { sum, _ in sum << 8 | UInt64(next()) } }

  mutating func one(of values: [UInt64]) -> UInt64 {
    let choice = Int(next())
    return values.isEmpty || choice == 255 ? word() : values[choice % values.count]
  }

  /// Up to three slices of the pool; `isHostile` says that one is longer than all memory.
  mutating func slices(isHostile: inout Bool) -> [mesh_slice] {
    (0..<Int(next() & 3)).map { _ in
      let size = Int(next())
      guard size != 255 else {
        isHostile = true
        return mesh_slice(data: pool, len: hostileLengths[Int(next()) % hostileLengths.count])
      }
      return mesh_slice(data: size == 0 ? nil : pool, len: size > 200 ? size * 257 : size)
    }
  }

  /// Options of which some members are chosen, with a size that is right most of the time. The memory behind is there.
  mutating func options(_ body: (UnsafePointer<mesh_send_options>?) -> Int32) -> Int32 {
    let form = next()
    guard form & 1 != 0 else { return body(nil) }
    return withUnsafeTemporaryAllocation(byteCount: 4096, alignment: 16) { space in
      let start = space.baseAddress!
      memset(start, 0, space.count)
      let options = start.assumingMemoryBound(to: mesh_send_options.self)
      mesh_send_options_default(options)
      options.pointee.flags = UInt32(next()) << (form & 128 != 0 ? 8 : 0)
      options.pointee.tclass = UInt32(next() & 7)
      options.pointee.lifetime_ms = form & 2 != 0 ? word() : 0
      options.pointee.key = form & 4 != 0 ? UnsafePointer(pool.assumingMemoryBound(to: UInt8.self)) : nil
      if form & 8 != 0 {
        options.pointee.metadata = UnsafeRawPointer(pool)
        options.pointee.metadata_len = UInt32(next()) * 17
      }
      if form & 16 != 0 { options.pointee.size = UInt32(next()) << 5 }
      if form & 32 != 0 { space[MemoryLayout<mesh_send_options>.size + Int(next())] = next() }
      return body(options)
    }
  }
}

private func step(_ side: Side, _ kind: UInt8, _ input: inout Input) {
  let handle = side.handle
  var isHostile = false
  var number: UInt64 = 0
  var code: Int32 = MESH_OK
  switch kind {
  case 0, 1:
    let slices = input.slices(isHostile: &isHostile)
    let peer = input.next() == 255 ? input.word() : side.peer
    code = input.options {
      kind == 0
        ? mesh_send(handle, peer, protocolName, slices, UInt32(slices.count), $0, &number)
        : mesh_request(handle, peer, protocolName, slices, UInt32(slices.count), $0, &number)
    }
    precondition(code == MESH_OK ? number != 0 : number == 0)
    if code == MESH_OK { side.sent.append(number) }
  case 2:
    let slices = input.slices(isHostile: &isHostile)
    code = input.options { mesh_broadcast(handle, protocolName, slices, UInt32(slices.count), $0) }
  case 3:
    code = input.options { mesh_stream_open(handle, side.peer, protocolName, $0, &number) }
    if code == MESH_OK { side.streams.append(number) }
  case 4:
    let slices = input.slices(isHostile: &isHostile)
    code = mesh_stream_write(handle, input.one(of: side.streams), slices, UInt32(slices.count))
  case 5: _ = mesh_stream_finish(handle, input.one(of: side.streams))
  case 6: _ = mesh_stream_reset(handle, input.one(of: side.streams), input.word())
  case 7:
    let slices = input.slices(isHostile: &isHostile)
    code = mesh_reply(handle, input.one(of: side.asked), slices, UInt32(slices.count), UInt32(input.next() & 3))
  case 8:
    let sentence = [CChar](repeating: 0x41, count: Int(input.next()) * 3) + [0]
    _ = mesh_refuse(handle, input.one(of: side.asked), input.word() >> 4, sentence)
  case 9: _ = mesh_cancel(handle, input.one(of: side.sent))
  case 10:
    var buffer = mesh_buffer()
    let size = UInt32(input.next()) * 257
    guard mesh_buffer_get(handle, size, &buffer) == MESH_OK else { return }
    memset(buffer.data, 1, Int(size))
    let length = size &+ UInt32(input.next() & 1)
    code = input.options { mesh_send_buffer(handle, side.peer, protocolName, buffer.id, length, $0, &number) }
    precondition(code != MESH_OK || length <= size)
    // Taken when it was sent, and the caller's otherwise.
    precondition(mesh_buffer_release(handle, buffer.id) == (code == MESH_OK ? MESH_E_STALE : MESH_OK))
  case 11:
    var event = mesh_event()
    event.kind = UInt32(input.next() & 31)
    event.id = input.one(of: side.streams + side.asked)
    event.data = UnsafePointer(pool.assumingMemoryBound(to: UInt8.self))
    event.len = UInt32(truncatingIfNeeded: input.word())
    // One of the last events may be without data, and is known by its number alone.
    if mesh_keep(handle, &event, &number) == MESH_OK { side.kept.append(number) }
  default:
    _ = mesh_wait(handle, 0)
    side.take(input.next())
  }
  precondition(!isHostile || code < 0)
}

/// Each byte chooses a side and a call; what the call needs follows.
@c(LLVMFuzzerTestOneInput)
public func fuzzTraffic(_ data: UnsafePointer<UInt8>, _ count: Int) -> CInt {
  var input = Input(UnsafeBufferPointer(start: data, count: count))
  while !input.isAtEnd {
    let choice = input.next()
    step(choice & 16 == 0 ? sides.0 : sides.1, choice & 15, &input)
  }
  for _ in 0..<2 {
    for side in [sides.0, sides.1] {
      side.end()
      precondition(mesh_wait(side.handle, 0) >= 0)
      side.take(0)
    }
  }
  return 0
}
