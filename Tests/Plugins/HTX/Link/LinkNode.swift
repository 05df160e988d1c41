// SPDX-License-Identifier: Apache-2.0
import CMeshABI
import Glibc
import HTXDriver
import MeshEventLoop
import MeshPluginHost

/// A host with the plugin in it, and one link to a far end.
final class LinkNode: PluginHostDelegate {
  /// Bytes of every packet.
  static let size = 60_000

  let loop: EventLoop
  let pool: BufferPool
  private let offloadPool = OffloadPool(threads: 1)
  private let gate = Gate()
  private var isHeld = false
  private var made: PluginHost?
  private(set) var link = LinkID(rawValue: 0)
  private(set) var isUp = false
  private(set) var lanes: Set<UInt32> = []
  private(set) var endings: [String] = []
  private(set) var states: [InstanceState] = []
  /// What has arrived: lane, length, and the first byte, which says what all others have to be.
  private(set) var arrivals: [(lane: UInt32, length: Int, first: UInt8)] = []
  /// Packets whose bytes differ from each other.
  private(set) var mixed = 0
  private let complaints = Complaints()
  /// What the host has found wrong with the plugin.
  var violations: [String] { complaints.all }
  /// What the log has.
  var lines: [String] { complaints.lines }
  /// Where it listens.
  private(set) var listening: [String] = []

  /// Written by the one thread of the test.
  private final class Complaints: @unchecked Sendable {
    var all: [String] = []
    var lines: [String] = []
  }

  /// What a thread waits at.
  private final class Gate: @unchecked Sendable {
    private let semaphore = UnsafeMutablePointer<sem_t>.allocate(capacity: 1)
    init() { sem_init(semaphore, 0, 0) }
    deinit { semaphore.deallocate() }
    func wait() { while sem_wait(semaphore) != 0 {} }
    func open() { sem_post(semaphore) }
  }

  struct NotMade: Error {}

  /// - Parameter hasStreams: whether the host offers `mesh.stream/1`.
  init(hasStreams: Bool) throws {
    loop = try EventLoop()
    guard let pool = BufferPool(smallLimit: 512, largeLimit: 512) else { throw NotMade() }
    self.pool = pool
    made = PluginHost(
      loop: loop, pool: pool, offloadPool: offloadPool, delegate: self,
      log: { [complaints] _, _, text in
        complaints.lines.append(text)
        if text.hasPrefix("breaks the plugin ABI") { complaints.all.append(text) }
      }, stateDirectory: nil,
      extensions: hasStreams ? nil : [])
  }

  deinit {
    releasePool()
    made?.delegate = nil
    offloadPool.shutdown()
    made?.close()
    loop.close()
  }

  var host: PluginHost { made! }

  /// Keeps the pool's one thread busy until `releasePool`.
  func holdPool() {
    isHeld = true
    let gate = gate
    _ = offloadPool.submit { gate.wait() }
  }

  func releasePool() {
    if isHeld { gate.open() }
    isHeld = false
  }

  /// Dials the far end and waits until the link is up at both.
  func dial(_ far: any FarEnd) throws -> Bool {
    let id = try start()
    link = try host.connect(id, to: far.address)
    return try run(far) { isUp && far.reader.isOpen }
  }

  /// An instance that runs.
  func start(
    _ parameters: [PluginParameter] = [],
    secrets: @escaping PluginSecretProvider = { _, key in
      key[0] = 1
      return true
    }
  ) throws -> InstanceID {
    let plugin = try host.register { htxPluginEntry($0, $1) }
    let id = try host.createInstance(of: plugin, name: "htx", parameters: parameters, secrets: secrets)
    try host.start(id)
    for _ in 0..<5 { loop.runOnce() }
    return id
  }

  /// Runs until `done`, for a minute at most.
  func run(until done: () -> Bool) -> Bool {
    let end = loop.now + 60_000_000_000
    while !done(), loop.now < end { loop.runOnce(maxWait: 10_000_000) }
    return done()
  }

  /// Both ends move until `done`; false when it does not come about.
  func run(_ far: any FarEnd, until done: () -> Bool) throws -> Bool {
    let end = loop.now + 60_000_000_000
    while !done(), loop.now < end {
      try far.step()
      loop.runOnce(maxWait: 1_000_000)
    }
    return done()
  }

  /// Both ends move until nothing has arrived for a while.
  func runUntilStill(_ far: any FarEnd) throws {
    var (last, still, since) = (far.reader.arrived, 0, loop.now)
    while still < 200 || loop.now < since + 200_000_000 {
      try far.step()
      loop.runOnce(maxWait: 1_000_000)
      still += 1
      if far.reader.arrived != last { (last, still, since) = (far.reader.arrived, 0, loop.now) }
    }
  }

  /// Sends one packet on a lane, when there is credit for it.
  func send(_ lane: UInt32) -> Bool {
    let credit = host.credit(of: link, lane: lane)
    guard credit.frames > 0, credit.bytes >= UInt64(Self.size), var buffer = pool.get(min: Self.size + 8) else {
      return false
    }
    buffer.link = link.rawValue
    buffer.off = 8
    buffer.len = UInt32(Self.size)
    buffer.stream = lane
    buffer.tclass = UInt8(lane)
    return withUnsafeMutablePointer(to: &buffer) {
      host.transmit(UnsafeMutableBufferPointer(start: $0, count: 1)) == 1
    }
  }

  func linkIncoming(_ incoming: IncomingLink) -> Bool { false }
  func link(_ link: LinkID, cameUp up: LinkUp) { isUp = true }
  func link(_ link: LinkID, failed failure: Failure) { endings.append(failure.text) }
  func link(_ link: LinkID, wentDown failure: Failure) { endings.append(failure.text) }
  func link(_ link: LinkID, capabilities: mesh_caps) {}
  func linkHasCredit(_ link: LinkID) {}
  func link(_ link: LinkID, lane: UInt32, reports report: LaneReport) {
    if case .opened(let trafficClass) = report, UInt32(trafficClass) == lane { lanes.insert(lane) }
  }
  func received(_ buffers: UnsafeMutableBufferPointer<mesh_buf>) {
    for buffer in buffers {
      let bytes = UnsafeRawBufferPointer(start: buffer.data.ptr + Int(buffer.off), count: Int(buffer.len))
      if bytes.contains(where: { $0 != bytes[0] }) { mixed += 1 }
      arrivals.append((buffer.stream, bytes.count, bytes[0]))
      pool.put(buffer)
    }
  }
  func transmitted(_ buffers: UnsafeMutableBufferPointer<mesh_buf>) { for buffer in buffers { pool.put(buffer) } }
  func listener(_ listener: ListenerID, isListeningAt address: String) { listening.append(address) }
  func listener(_ listener: ListenerID, failed failure: Failure) {}
  func instance(_ instance: InstanceID, changedTo state: InstanceState, reason: String) { states.append(state) }
  func instance(_ instance: InstanceID, configured refusal: Failure?, parameter: Int) {}
  func peerSeen(_ instance: InstanceID, address: String) {}
}
