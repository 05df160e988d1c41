// SPDX-License-Identifier: Apache-2.0
public import CMeshABI
import Glibc

/// The least that a plugin needs to run: one instance, a poll loop, a pool, and a record of what happened.
public final class MiniHost {
  /// What a host keeps of an event.
  public struct Event {
    /// MESH_EVENT_*.
    public var kind: UInt32
    /// MESH_OK or MESH_E_*.
    public var code: Int32
    /// MESH_CLASS_*.
    public var category: UInt32
    /// Link id or 0.
    public var link: UInt64
    /// Listener id or 0.
    public var listener: UInt64
    /// See the kind.
    public var token: UInt64
    /// Payload.
    public var data: [UInt8]
    /// Payload as text.
    public var text: String { String(decoding: data, as: UTF8.self) }
  }

  /// Events in their order.
  public private(set) var events: [Event] = []
  /// Lines of the log.
  public private(set) var lines: [String] = []
  /// Payloads that arrived, unless `onDeliver` takes them.
  public private(set) var packets: [(link: UInt64, bytes: [UInt8])] = []
  /// Called instead of keeping payloads; the buffers go back to the pool afterwards.
  public var onDeliver: ((UnsafeMutablePointer<mesh_buf>, Int) -> Void)?
  /// Statuses of transmitted buffers that came back.
  public private(set) var statuses: [Int32] = []
  /// Whether statuses are kept.
  public var keepsStatuses = true
  /// Frames that may be transmitted, by link.
  public private(set) var frames: [UInt64: Int] = [:]
  /// Bytes that may be transmitted, by link.
  public private(set) var bytes: [UInt64: Int] = [:]
  /// Refuses incoming links.
  public var refusesIncoming = false
  /// The plugin's table.
  public private(set) var plugin = mesh_plugin_api()
  /// The pool.
  public let pool = MiniPool()

  private var context: UnsafeMutableRawPointer?
  private var watches: [Int32: (mask: UInt32, token: UInt64)] = [:]
  private var posted: Set<UInt64> = []
  private var offloaded: [(token: UInt64, status: Int32)] = []
  private var deadline: UInt64 = MESH_DEADLINE_NONE
  private var nextLink: UInt64 = 1000

  /// Enters a plugin and makes an instance with text parameters; `status` says how `create` went.
  public init(
    _ entry: (UnsafePointer<mesh_host_api>?, UnsafeMutablePointer<mesh_plugin_api>?) -> Int32,
    options: [(String, String)] = [], numbers: [(String, Int64)] = []
  ) {
    plugin.size = UInt32(MemoryLayout<mesh_plugin_api>.size)
    precondition(entry(MiniTable.shared, &plugin) == MESH_OK)
    let parameters = Self.parameters(options, numbers)
    defer { Self.release(parameters) }
    status = parameters.withUnsafeBufferPointer { list in
      var options = mesh_create_options()
      options.size = UInt32(MemoryLayout<mesh_create_options>.size)
      options.param_count = UInt32(list.count)
      options.params = list.baseAddress
      return plugin.create(pointer, &options, &context)
    }
    if status == MESH_OK { _ = plugin.start(context) }
  }

  private static func parameters(_ options: [(String, String)], _ numbers: [(String, Int64)]) -> [mesh_param] {
    var parameters: [mesh_param] = []
    for (name, text) in options {
      var parameter = mesh_param()
      parameter.name = UnsafePointer(strdup(name))
      parameter.value.text = UnsafePointer(strdup(text))
      parameter.type = MESH_TYPE_STRING
      parameter.len = UInt32(text.utf8.count)
      parameters.append(parameter)
    }
    for (name, number) in numbers {
      var parameter = mesh_param()
      parameter.name = UnsafePointer(strdup(name))
      parameter.value.integer = number
      parameter.type = MESH_TYPE_INT
      parameters.append(parameter)
    }
    return parameters
  }

  private static func release(_ parameters: [mesh_param]) {
    for parameter in parameters {
      free(UnsafeMutablePointer(mutating: parameter.name))
      if parameter.type == MESH_TYPE_STRING { free(UnsafeMutablePointer(mutating: parameter.value.text)) }
    }
  }

  /// Changes options while the instance runs.
  public func configure(options: [(String, String)] = [], numbers: [(String, Int64)] = []) {
    let parameters = Self.parameters(options, numbers)
    defer { Self.release(parameters) }
    _ = plugin.configure(context, parameters, UInt32(parameters.count))
  }

  /// What `create` returned.
  public private(set) var status: Int32 = MESH_OK

  deinit { if let context { plugin.destroy(context) } }

  private var pointer: OpaquePointer { OpaquePointer(Unmanaged.passUnretained(self).toOpaque()) }

  // What tests and benchmarks ask for.

  /// Opens a listener; its id is `id`.
  public func listen(_ address: String, id: UInt64 = 1) -> Int32 {
    var options = mesh_listen_options()
    options.size = UInt32(MemoryLayout<mesh_listen_options>.size)
    options.fd = -1
    return plugin.listen(context, id, address, address.utf8.count, &options)
  }

  /// Dials; the link's id is `id`.
  public func connect(_ address: String, id: UInt64 = 1, within nanoseconds: UInt64? = nil) -> Int32 {
    var options = mesh_connect_options()
    options.size = UInt32(MemoryLayout<mesh_connect_options>.size)
    options.deadline_ns = nanoseconds.map { Self.now() + $0 } ?? MESH_DEADLINE_NONE
    return plugin.connect(context, id, address, address.utf8.count, &options)
  }

  /// Ends a link.
  public func disconnect(_ id: UInt64, mode: UInt32 = MESH_DISCONNECT_GRACEFUL) -> Int32 {
    plugin.disconnect(context, id, mode)
  }

  /// Stops the instance within `nanoseconds`.
  public func stop(within nanoseconds: UInt64 = 1_000_000_000) {
    _ = plugin.stop(context, Self.now() + nanoseconds)
  }

  /// Sends copies of payloads on a link, spending its credit.
  public func send(_ payloads: [[UInt8]], on link: UInt64) {
    for payload in payloads {
      var buffer = pool.take(65_536)
      buffer.off = 8
      buffer.len = UInt32(payload.count)
      buffer.link = link
      payload.withUnsafeBytes { bytes in
        if let base = bytes.baseAddress {
          (UnsafeMutableRawPointer(buffer.data.ptr) + 8).copyMemory(from: base, byteCount: bytes.count)
        }
      }
      spend(link, 1, payload.count)
      _ = plugin.transmit(context, &buffer, 1)
    }
  }

  /// Sends prepared buffers, spending credit.
  public func transmit(_ buffers: UnsafeMutablePointer<mesh_buf>, _ count: Int) {
    for index in 0..<count { spend(buffers[index].link, 1, Int(buffers[index].len)) }
    _ = plugin.transmit(context, buffers, UInt32(count))
  }

  private func spend(_ link: UInt64, _ count: Int, _ size: Int) {
    frames[link, default: 0] -= count
    bytes[link, default: 0] -= size
  }

  /// Figures by name.
  public func figures() -> [String: UInt64] {
    var values = [mesh_stat](repeating: mesh_stat(), count: 32)
    let count = Int(plugin.stats(context, &values, 32))
    return Dictionary(uniqueKeysWithValues: values[..<count].map { (String(cString: $0.name), $0.value) })
  }

  /// Events of one kind.
  public func events(_ kind: UInt32) -> [Event] { events.filter { $0.kind == kind } }

  /// Monotonic nanoseconds.
  public static func now() -> UInt64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
  }

  /// Runs one turn of all hosts, waiting at most `milliseconds` for something to happen.
  public static func turn(_ hosts: [MiniHost], milliseconds: Int32 = 10) {
    var descriptors: [pollfd] = []
    var owners: [(host: MiniHost, token: UInt64)] = []
    var wait = milliseconds
    for host in hosts {
      for (descriptor, watch) in host.watches {
        var events: Int16 = 0
        if watch.mask & MESH_WATCH_READ != 0 { events |= Int16(POLLIN) }
        if watch.mask & MESH_WATCH_WRITE != 0 { events |= Int16(POLLOUT) }
        descriptors.append(pollfd(fd: descriptor, events: events, revents: 0))
        owners.append((host, watch.token))
      }
      if !host.posted.isEmpty || !host.offloaded.isEmpty || host.deadline <= now() { wait = 0 }
    }
    poll(&descriptors, nfds_t(descriptors.count), wait)
    for host in hosts { host.turn(descriptors, owners) }
  }

  private func turn(_ descriptors: [pollfd], _ owners: [(host: MiniHost, token: UInt64)]) {
    var list: [mesh_ready] = []
    for (index, descriptor) in descriptors.enumerated() where owners[index].host === self && descriptor.revents != 0 {
      var event = mesh_ready()
      event.kind = MESH_READY_FD
      event.fd = descriptor.fd
      event.token = owners[index].token
      if descriptor.revents & Int16(POLLIN) != 0 { event.mask |= MESH_WATCH_READ }
      if descriptor.revents & Int16(POLLOUT) != 0 { event.mask |= MESH_WATCH_WRITE }
      if descriptor.revents & Int16(POLLERR | POLLHUP) != 0 { event.mask |= MESH_WATCH_ERROR }
      list.append(event)
    }
    for token in posted {
      var event = mesh_ready()
      event.kind = MESH_READY_WAKE
      event.token = token
      list.append(event)
    }
    posted.removeAll()
    for (token, status) in offloaded {
      var event = mesh_ready()
      event.kind = MESH_READY_OFFLOAD
      event.token = token
      event.status = status
      list.append(event)
    }
    offloaded.removeAll()
    let now = Self.now()
    guard !list.isEmpty || deadline <= now else { return }
    let next = plugin.on_ready(context, list, UInt32(list.count), now)
    deadline = next
  }

  /// Turns until `condition` holds; false when it does not within `seconds`.
  @discardableResult
  public static func run(_ hosts: [MiniHost], seconds: Double = 60, until condition: () -> Bool) -> Bool {
    let end = now() + UInt64(seconds * 1e9)
    while !condition() {
      if now() > end { return false }
      turn(hosts)
    }
    return true
  }

  // What the table calls.

  func log(_ text: String) { lines.append(text) }
  func post(_ token: UInt64) { posted.insert(token) }
  func setDeadline(_ at: UInt64) { deadline = at }
  func watch(_ descriptor: Int32, _ mask: UInt32, _ token: UInt64) { watches[descriptor] = (mask, token) }
  func unwatch(_ descriptor: Int32) -> Bool { watches.removeValue(forKey: descriptor) != nil }
  func finished(_ token: UInt64, _ status: Int32) { offloaded.append((token, status)) }

  func deliver(_ buffers: UnsafeMutablePointer<mesh_buf>, _ count: Int) {
    if let onDeliver {
      onDeliver(buffers, count)
    } else {
      for index in 0..<count {
        let buffer = buffers[index]
        let bytes = UnsafeBufferPointer(start: buffer.data.ptr + Int(buffer.off), count: Int(buffer.len))
        packets.append((buffer.link, Array(bytes)))
      }
    }
    pool.put(buffers, count)
  }

  func done(_ buffers: UnsafeMutablePointer<mesh_buf>, _ count: Int) {
    if keepsStatuses { for index in 0..<count { statuses.append(buffers[index].status) } }
    pool.put(buffers, count)
  }

  func credit(_ link: UInt64, _ frames: UInt32, _ bytes: UInt64) {
    self.frames[link, default: 0] += Int(frames)
    self.bytes[link, default: 0] += Int(bytes)
  }

  func take(_ event: UnsafeMutablePointer<mesh_link_event>) {
    if event.pointee.kind == MESH_EVENT_INCOMING, !refusesIncoming {
      nextLink += 1
      event.pointee.link = nextLink
    }
    let event = event.pointee
    let data = UnsafeRawBufferPointer(start: event.data.ptr, count: event.data.ptr == nil ? 0 : Int(event.data_len))
    events.append(
      Event(
        kind: event.kind, code: event.code, category: event.fclass, link: event.link, listener: event.listener,
        token: event.token, data: Array(data)))
  }
}
