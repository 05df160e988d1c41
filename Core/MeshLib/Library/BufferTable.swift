// SPDX-License-Identifier: Apache-2.0
import CApplication
import CMeshABI
import MeshControl

/// Buffers that the application fills: each a piece of the queue of commands, with room for the header before the data.
struct BufferTable {
  /// One place.
  struct Entry {
    var segment: UnsafeMutablePointer<RecordSegment>?
    var generation: UInt64 = 1
    var capacity = 0
  }
  /// Buffers that may be out at a time.
  static let limit = 256
  /// Where the data starts: behind the piece's head, the command's header and a key.
  static let dataOffset = RecordSegment.headSize + 80

  private var entries: [Entry] = []
  private var free: [Int] = []
  /// Bytes of all buffers that are out.
  private(set) var bytes = 0

  /// Whether another may go out.
  var hasRoom: Bool { entries.count - free.count < Self.limit }

  /// Takes a piece in; the result names it.
  mutating func insert(_ segment: UnsafeMutablePointer<RecordSegment>, capacity: Int) -> UInt64 {
    let index = free.popLast() ?? entries.count
    if index == entries.count { entries.append(Entry()) }
    entries[index].segment = segment
    entries[index].capacity = capacity
    bytes += capacity
    return entries[index].generation << 16 | UInt64(index)
  }

  /// What a name stands for.
  func find(_ id: UInt64) -> Entry? {
    let index = Int(id & 0xffff)
    guard index < entries.count, entries[index].segment != nil, entries[index].generation == id >> 16 else {
      return nil
    }
    return entries[index]
  }

  /// Takes it out.
  mutating func remove(_ id: UInt64) {
    guard let entry = find(id) else { return }
    let index = Int(id & 0xffff)
    bytes -= entry.capacity
    entries[index].segment = nil
    entries[index].generation += 1
    free.append(index)
  }

  /// Frees what is out.
  mutating func freeAll() {
    for entry in entries { if let segment = entry.segment { RecordSegment.free(segment) } }
    entries = []
  }
}

extension Application {
  /// `mesh_buffer_get`.
  func getBuffer(_ size: UInt32, _ buffer: UnsafeMutablePointer<mesh_buffer>) -> Int32 {
    guard size <= MESH_MESSAGE_MAX else { return refuse(.limit, "a message has at most 16 MiB") }
    guard buffers.hasRoom, buffers.bytes < 4 * Int(MESH_MESSAGE_MAX) else {
      return refuse(.again, "256 buffers, or 64 MiB of them, are out: send or release some")
    }
    guard let segment = RecordSegment.allocate(room: 80 + Int(size) + 8) else {
      return refuse(.noMemory, "there is no memory")
    }
    buffer.pointee.id = buffers.insert(segment, capacity: Int(size))
    buffer.pointee.data = segment.at(BufferTable.dataOffset).assumingMemoryBound(to: UInt8.self)
    buffer.pointee.capacity = size
    return MESH_OK
  }

  /// `mesh_buffer_release`.
  func releaseBuffer(_ id: UInt64) -> Int32 {
    guard let segment = buffers.find(id)?.segment else { return refuse(.stale, "no buffer is out with this number") }
    buffers.remove(id)
    RecordSegment.free(segment)
    return MESH_OK
  }

  /// `mesh_send_buffer`.
  func sendBuffer(
    peer: UInt64, protocol name: UnsafePointer<CChar>?, buffer: UInt64, len: UInt32,
    options: UnsafePointer<mesh_send_options>?, message: UnsafeMutablePointer<UInt64>?
  ) -> Int32 {
    var code: Int32 = 0
    guard
      var options = SendOptions.of(
        options, allowed: Self.messageFlags, trafficClass: UInt32(MESH_TCLASS_NORMAL), metadata: false, code: &code)
    else { return code }
    guard let entry = buffers.find(buffer), let segment = entry.segment else {
      return refuse(.stale, "no buffer is out with this number")
    }
    guard Int(len) <= entry.capacity else { return refuse(.invalid, "'len' is more than the buffer has") }
    if options.flags & UInt32(MESH_SEND_UNRELIABLE) != 0, len > MESH_DATAGRAM_MAX {
      return refuse(.limit, "an unreliable message has at most 60,000 bytes")
    }
    let flow: Int
    do throws(LibraryError) { flow = try self.flow(peer, name, options) } catch { return error.tell() }
    if options.key == nil, options.flags & UInt32(MESH_SEND_UNRELIABLE) == 0 { options.key = ownKey() }
    let keyed = options.key == nil ? 0 : 16
    let cost = UInt64(64 + keyed + Int(len))
    guard
      flows[flow].sent &- flows[flow].confirmed &+ cost <= UInt64(APP_WINDOW) && commands.pending < Self.commandLimit
        || makeRoom(flow, cost)
    else { return noRoom(flow) }
    var command = header(flow, options)
    command.id = nextID()
    command.len = len
    let start = BufferTable.dataOffset - 64 - keyed
    if let key = options.key {
      command.flags |= APP_FLAG_KEY
      segment.at(start + 64).copyMemory(from: key, byteCount: 16)
    }
    segment.at(start).storeBytes(of: command, as: application_command.self)
    let padding = -(keyed + Int(len)) & 7
    for index in 0..<padding {
      segment.at(BufferTable.dataOffset + Int(len) + index).storeBytes(of: 0, as: UInt8.self)
    }
    buffers.remove(buffer)
    commands.append(segment, from: start, to: BufferTable.dataOffset + Int(len) + padding)
    home.notify()
    accepted(command, flow, cost, message)
    return MESH_OK
  }
}
