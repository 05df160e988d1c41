// SPDX-License-Identifier: Apache-2.0
import CMeshABI
import Glibc
import MeshEventLoop
import MeshPluginHost
import Synchronization
import Testing

/// A node that writes down what the host tells it, and drives the host on a loop of its own.
final class TestNode: PluginHostDelegate {
  let loop: EventLoop
  let pool: BufferPool
  let offloadPool = OffloadPool(threads: 2)
  let log = Log()
  private(set) var events: [String] = []
  private(set) var arrived: [mesh_buf] = []
  private(set) var completed: [mesh_buf] = []
  private(set) var links: [LinkID: LinkUp] = [:]
  var acceptsIncoming = true
  var onReceived: (() -> Void)?
  var onUp: ((LinkID) -> Void)?
  /// Whether a call of the host is on the stack, during which the node must hear nothing.
  var isCalling = false
  private(set) var wasReentered = false
  private var made: PluginHost?

  init(
    stateDirectory: String? = nil, linkLimit: Int = 65_536, onLog: @escaping @Sendable (String) -> Void = { _ in }
  ) throws {
    loop = try EventLoop()
    pool = try #require(BufferPool(smallLimit: 1024, largeLimit: 16, poisons: true))
    let log = log
    made = PluginHost(
      loop: loop, pool: pool, offloadPool: offloadPool, delegate: self,
      log: { _, instance, text in
        log.append("\(instance): \(text)")
        onLog(text)
      }, stateDirectory: stateDirectory, linkLimit: linkLimit)
  }

  deinit {
    made?.delegate = nil
    offloadPool.shutdown()
    host.close()
    loop.close()
  }

  var host: PluginHost { made! }

  /// Loads, creates and starts the hostile plugin.
  func run(mode: String = "good", macros: [String] = [], name: String = "one") throws -> InstanceID {
    let plugin = try host.load(HostilePlugin.path(macros))
    return try run(plugin, mode: mode, name: name)
  }

  func run(_ plugin: Plugin, mode: String = "good", name: String = "one") throws -> InstanceID {
    let id = try create(plugin, mode: mode, name: name)
    try call { try host.start(id) }
    settle()
    return id
  }

  func create(_ plugin: Plugin, mode: String = "good", name: String = "one") throws -> InstanceID {
    try host.createInstance(
      of: plugin, name: name, parameters: [PluginParameter(name: "mode", value: .text(mode), type: MESH_TYPE_STRING)],
      secrets: { _, key in
        key[31] = 77
        return true
      })
  }

  func connect(_ id: InstanceID, _ address: String) throws -> LinkID {
    let link = try call { try host.connect(id, to: address) }
    settle()
    return link
  }

  /// Runs `body`, which calls the host, and notices when the node is called meanwhile.
  func call<Result>(_ body: () throws -> Result) rethrows -> Result {
    isCalling = true
    defer { isCalling = false }
    return try body()
  }

  /// A few turns without waiting.
  func settle(_ turns: Int = 5) { for _ in 0..<turns { loop.runOnce() } }

  /// Turns until `condition` holds; false when it does not within a minute.
  func wait(_ condition: () -> Bool) -> Bool {
    let end = MonotonicClock.read() + 60_000_000_000
    while !condition() {
      guard MonotonicClock.read() < end else { return false }
      loop.runOnce(maxWait: 5_000_000)
    }
    return true
  }

  func advance(seconds: UInt64) {
    loop.advanceClock(by: seconds * 1_000_000_000)
    settle()
  }

  /// A buffer of the host for `link` with `count` bytes of payload.
  func packet(_ link: LinkID, _ count: Int = 100, cookie: UInt64 = 0) -> mesh_buf {
    var buffer = pool.get(min: count) ?? mesh_buf()
    buffer.link = link.rawValue
    buffer.len = UInt32(count)
    buffer.cookie = cookie
    return buffer
  }

  /// Transmits and returns the descriptors with how many were taken.
  func transmit(_ packets: [mesh_buf]) -> (taken: Int, buffers: [mesh_buf]) {
    var packets = packets
    let taken = call { packets.withUnsafeMutableBufferPointer { host.transmit($0) } }
    return (taken, packets)
  }

  func clear() {
    events = []
    arrived = []
    completed = []
  }

  func packet(_ link: LinkID, lane: UInt32, _ count: Int = 100, cookie: UInt64 = 0) -> mesh_buf {
    var buffer = packet(link, count, cookie: cookie)
    buffer.stream = lane
    return buffer
  }

  private func note(_ text: String) {
    events.append(text)
    if isCalling { wasReentered = true }
  }

  func linkIncoming(_ incoming: IncomingLink) -> Bool {
    events.append("incoming \(incoming.address) \(incoming.source)")
    return acceptsIncoming
  }
  func link(_ link: LinkID, cameUp up: LinkUp) {
    links[link] = up
    note("up \(up.address) mtu \(up.capabilities.mtu)")
    onUp?(link)
  }
  func link(_ link: LinkID, failed failure: Failure) {
    note("failed \(errorName(failure.code)) class \(failure.failureClass) \(failure.text)")
  }
  func link(_ link: LinkID, wentDown failure: Failure) {
    links[link] = nil
    note("down \(errorName(failure.code)) class \(failure.failureClass) \(failure.text)")
  }
  func link(_ link: LinkID, capabilities: mesh_caps) { note("capabilities \(capabilities.mtu)") }
  func linkHasCredit(_ link: LinkID) { note("credit") }
  func link(_ link: LinkID, lane: UInt32, reports report: LaneReport) { note("lane \(lane) \(report)") }
  func received(_ buffers: UnsafeMutableBufferPointer<mesh_buf>) {
    note("received \(buffers.count)")
    arrived += buffers
    for buffer in buffers { pool.put(buffer) }
    onReceived?()
  }
  func transmitted(_ buffers: UnsafeMutableBufferPointer<mesh_buf>) {
    note("transmitted \(buffers.count)")
    completed += buffers
    for buffer in buffers { pool.put(buffer) }
  }
  func listener(_ listener: ListenerID, isListeningAt address: String) { note("listening \(address)") }
  func listener(_ listener: ListenerID, failed failure: Failure) { note("listen failed \(failure.text)") }
  func instance(_ instance: InstanceID, changedTo state: InstanceState, reason: String) {
    note(reason.isEmpty ? state.rawValue : "\(state.rawValue): \(reason)")
  }
  func instance(_ instance: InstanceID, configured refusal: Failure?, parameter: Int) {
    note("configured \(refusal.map { errorName($0.code) } ?? "OK") \(parameter)")
  }
  func peerSeen(_ instance: InstanceID, address: String) { note("peer \(address)") }
}

/// The lines of the log, from any thread.
final class Log: Sendable {
  private let lines = Mutex<[String]>([])

  func append(_ line: String) { lines.withLock { $0.append(line) } }
  var all: [String] { lines.withLock { $0 } }

  func contains(_ text: String) -> Bool { all.contains { $0.contains(text) } }

  /// The number the plugin logged last under this name.
  func value(_ name: String) -> Int? {
    for line in all.reversed() {
      guard let space = line.lastIndex(of: " "), line[..<space].hasSuffix(": \(name)") else { continue }
      return Int(line[line.index(after: space)...])
    }
    return nil
  }
}
