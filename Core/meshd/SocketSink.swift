// SPDX-License-Identifier: Apache-2.0
import CApplication
import MeshApplication

/// Events as records in memory until a socket takes them: so many bytes, or one larger event alone.
final class SocketSink: EventSink {
  private var memory: UnsafeMutableRawBufferPointer
  private var head = 0
  private var tail = 0
  private let limit: Int
  /// Something was refused since the last look.
  var hasRefused = false
  /// Called when something was added to an empty sink.
  var onFirst: () -> Void = {}

  private static let usualSize = 64 << 10
  /// The most that has waited since the memory was last looked at, and how often all was taken since.
  private var most = 0
  private var drains = 0
  private static let drainsPerLook = 256

  /// - Parameter limit: bytes that may wait.
  init(limit: Int) {
    self.limit = limit
    memory = .allocate(byteCount: Self.usualSize, alignment: 16)
    super.init()
  }

  deinit { memory.deallocate() }

  /// Bytes that wait.
  var count: Int { tail - head }
  /// The bytes that wait, oldest first.
  var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: memory[head..<tail]) }
  /// Worth telling the port that there is room again.
  var hasRoomAgain: Bool { hasRefused && count <= limit / 2 }

  override func append(
    _ header: application_event, meta: UnsafeRawBufferPointer, data: UnsafeRawBufferPointer
  ) -> Bool {
    let content = 64 + meta.count + data.count
    let size = (content + 7) & ~7
    let limit = EventSink.isPayload(header.kind) ? limit - limit / 8 : limit
    guard count == 0 || count + size <= limit else {
      hasRefused = true
      return false
    }
    makeRoom(size)
    var header = header
    header.len = UInt32(truncatingIfNeeded: data.count)
    header.meta_len = UInt16(truncatingIfNeeded: meta.count)
    header.data = 0
    header.meta = 0
    guard let start = memory.baseAddress.map({ $0 + tail }) else { return false }
    start.storeBytes(of: header, as: application_event.self)
    if let source = meta.baseAddress { (start + 64).copyMemory(from: source, byteCount: meta.count) }
    if let source = data.baseAddress { (start + 64 + meta.count).copyMemory(from: source, byteCount: data.count) }
    (start + content).initializeMemory(as: UInt8.self, repeating: 0, count: size - content)
    let isFirst = tail == head
    tail += size
    if isFirst { onFirst() }
    return true
  }

  /// The socket has taken so many bytes.
  func consume(_ count: Int) {
    head += count
    guard head == tail else { return }
    most = max(most, tail)
    head = 0
    tail = 0
    drains += 1
    guard drains == Self.drainsPerLook else { return }
    // Memory that comes and goes with every turn costs more than it saves.
    if memory.count > Self.usualSize, most <= memory.count / 4 { resize(to: memory.count / 2) }
    drains = 0
    most = 0
  }

  private func makeRoom(_ size: Int) {
    guard tail + size > memory.count else { return }
    if count + size <= memory.count, head >= memory.count / 2 {
      memory.baseAddress?.copyMemory(from: memory.baseAddress! + head, byteCount: count)
      tail -= head
      head = 0
      return
    }
    var bigger = memory.count
    while bigger < count + size { bigger *= 2 }
    resize(to: bigger)
  }

  private func resize(to size: Int) {
    let fresh = UnsafeMutableRawBufferPointer.allocate(byteCount: size, alignment: 16)
    fresh.copyMemory(from: bytes)
    memory.deallocate()
    memory = fresh
    tail -= head
    head = 0
  }
}
