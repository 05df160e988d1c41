// SPDX-License-Identifier: Apache-2.0
import CApplication
import CMeshABI
import MeshControl

/// What `mesh_keep` keeps past the next `mesh_events`.
struct KeptTable {
  /// One kept record: the piece that it lies in, and what its release says.
  struct Entry {
    var segment: UnsafeMutablePointer<RecordSegment>
    var kind: UInt32
    var id: UInt64
    var value: UInt64
  }
  /// Most that may be kept.
  static let limit = 65_536

  private var entries: [Entry?] = []
  private var generations: [UInt64] = []
  private var free: [Int] = []

  /// Whether another may be kept.
  var hasRoom: Bool { entries.count - free.count < Self.limit }

  /// Keeps a record; the result names it.
  mutating func insert(_ entry: Entry) -> UInt64 {
    let index = free.popLast() ?? entries.count
    if index == entries.count {
      entries.append(nil)
      generations.append(1)
    }
    entries[index] = entry
    return generations[index] << 20 | UInt64(index)
  }

  /// Takes out what a name stands for.
  mutating func remove(_ id: UInt64) -> Entry? {
    let index = Int(id & 0xf_ffff)
    guard index < entries.count, generations[index] == id >> 20, let entry = entries[index] else { return nil }
    entries[index] = nil
    generations[index] += 1
    free.append(index)
    return entry
  }

  /// Each kept record.
  func forEach(_ body: (Entry) -> Void) { for case let entry? in entries { body(entry) } }
}

extension Application {
  /// The mark of a kept record, in the queue's own copy of its flags.
  static let keptFlag: UInt16 = 0x8000

  /// Whether events of this kind lend data that has to be released.
  @inline(__always)
  static func isLent(_ kind: UInt32) -> Bool { kind < 16 && (1 << kind) & lentKinds != 0 }
  private static let lentKinds: UInt32 =
    1 << UInt32(MESH_ON_MESSAGE) | 1 << UInt32(MESH_ON_DATA) | 1 << UInt32(MESH_ON_REQUEST) | 1 << UInt32(MESH_ON_REPLY)

  /// `mesh_keep`: the event is known by where its data lies, which no other record has.
  func keep(_ event: UnsafePointer<mesh_event>, _ result: UnsafeMutablePointer<UInt64>) -> Int32 {
    guard Self.isLent(event.pointee.kind), let data = event.pointee.data else {
      return refuse(.invalid, "this event lends nothing")
    }
    guard kept.hasRoom else { return refuse(.limit, "65,536 events are kept: release some") }
    var code = refuse(.invalid, "the event is none of the last mesh_events, or kept already")
    events.forEachLent { segment, bytes in
      guard let start = bytes.baseAddress else { return true }
      let address = UnsafeRawPointer(data)
      // Without data the pointer is to a NUL elsewhere, and the number has to do.
      guard event.pointee.len == 0 || (address > start && address < start + bytes.count) else { return true }
      var offset = 0
      while offset < bytes.count {
        let record = UnsafeMutableRawPointer(mutating: start + offset)
        let header = record.load(as: application_event.self)
        let isIt =
          header.kind == event.pointee.kind && header.id == event.pointee.id && header.len == event.pointee.len
          && (header.len == 0 || start + (offset + 64 + Int(header.meta_len)) == address)
        if isIt, header.flags & Self.keptFlag == 0 {
          record.storeBytes(
            of: header.flags | Self.keptFlag, toByteOffset: MemoryLayout<application_event>.offset(of: \.flags) ?? 62,
            as: UInt16.self)
          segment.pointee.pins += 1
          let value = header.kind == MESH_ON_DATA ? UInt64(header.len) : header.value
          result.pointee = kept.insert(
            KeptTable.Entry(segment: segment, kind: header.kind, id: header.id, value: value))
          code = MESH_OK
          return false
        }
        offset += recordLength(meta: Int(header.meta_len), data: Int(header.len))
      }
      return true
    }
    return code
  }

  /// `mesh_release`.
  func release(_ id: UInt64) -> Int32 {
    guard let entry = kept.remove(id) else { return refuse(.stale, "nothing is kept with this number") }
    release(kind: entry.kind, id: entry.id, value: entry.value)
    flushReleases()
    events.unpin(entry.segment)
    return MESH_OK
  }

  /// Tells the node that a record was released. Bytes of one stream are gathered until `flushReleases`.
  @inline(__always)
  func release(kind: UInt32, id: UInt64, value: UInt64) {
    var command = application_command()
    command.kind = APP_RELEASE
    switch kind {
    case UInt32(MESH_ON_MESSAGE):
      if id != 0 { releaseMessage(id) }
      return
    case UInt32(MESH_ON_REQUEST): command.id = id
    case UInt32(MESH_ON_REPLY): command.id = value
    default:
      if releasedStream != id { flushReleases() }
      releasedStream = id
      releasedBytes &+= value
      return
    }
    _ = write(command)
  }

  @inline(__always)
  private func releaseMessage(_ id: UInt64) {
    // Those that different daemons have given do not mix: the part of the number that says so is in the high half.
    if releasedMessages.count == Self.releaseLimit || releasedMessages.first.map({ ($0 ^ id) >> 48 != 0 }) ?? false {
      flushReleasedMessages()
    }
    releasedMessages.append(id)
  }

  private func flushReleasedMessages() {
    guard let first = releasedMessages.first else { return }
    var command = application_command()
    command.kind = APP_RELEASE
    command.id = first
    releasedMessages.withUnsafeBytes { bytes in
      withUnsafePointer(to: mesh_slice(data: bytes.baseAddress.map { $0 + 8 }, len: bytes.count - 8)) {
        _ = write(command, nil, CommandBody(slices: $0, sliceCount: 1, count: bytes.count - 8))
      }
    }
    releasedMessages.removeAll(keepingCapacity: true)
  }

  /// Tells the node of the messages and bytes gathered.
  func flushReleases() {
    flushReleasedMessages()
    guard releasedBytes > 0 else { return }
    var command = application_command()
    command.kind = APP_RELEASE
    command.id = releasedStream
    command.value = releasedBytes
    releasedBytes = 0
    _ = write(command)
  }
}
