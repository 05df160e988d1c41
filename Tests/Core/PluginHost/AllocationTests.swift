// SPDX-License-Identifier: Apache-2.0
import AllocationCount
import CMeshABI
import MeshEventLoop
import MeshPluginHost
import Testing

/// A node that does nothing but put buffers back.
private final class QuietNode: PluginHostDelegate {
  let pool: BufferPool
  var link: LinkID?
  var arrived = 0
  var completed = 0

  init(_ pool: BufferPool) { self.pool = pool }

  func linkIncoming(_ incoming: IncomingLink) -> Bool { false }
  func link(_ link: LinkID, cameUp up: LinkUp) { self.link = link }
  func link(_ link: LinkID, failed failure: Failure) {}
  func link(_ link: LinkID, wentDown failure: Failure) {}
  func link(_ link: LinkID, capabilities: mesh_caps) {}
  func linkHasCredit(_ link: LinkID) {}
  func received(_ buffers: UnsafeMutableBufferPointer<mesh_buf>) {
    arrived += buffers.count
    for buffer in buffers { pool.put(buffer) }
  }
  func transmitted(_ buffers: UnsafeMutableBufferPointer<mesh_buf>) {
    completed += buffers.count
    for buffer in buffers { pool.put(buffer) }
  }
  func listener(_ listener: ListenerID, isListeningAt address: String) {}
  func listener(_ listener: ListenerID, failed failure: Failure) {}
  func instance(_ instance: InstanceID, changedTo state: InstanceState, reason: String) {}
  func instance(_ instance: InstanceID, configured refusal: Failure?, parameter: Int) {}
  func peerSeen(_ instance: InstanceID, address: String) {}
}

@Suite("Allocations", .serialized)
struct AllocationTests {
  @Test(
    "Transmit, completion, delivery and credit allocate nothing once they have run for a while",
    .enabled(if: allocation_count_is_available() == 1, "a sanitizer has its own malloc"),
    arguments: ["up", "lanes-wide"])
  func steadyState(address: String) throws {
    let before = allocation_count()
    let proof = UnsafeMutableRawPointer.allocate(byteCount: 100, alignment: 8)
    #expect(allocation_count() > before, "the counter counts")
    proof.deallocate()

    let loop = try EventLoop()
    let pool = try #require(BufferPool(smallLimit: 1024, largeLimit: 16))
    let node = QuietNode(pool)
    defer { withExtendedLifetime(node) {} }
    let offloadPool = OffloadPool()
    let host = PluginHost(
      loop: loop, pool: pool, offloadPool: offloadPool, delegate: node, log: { _, _, _ in }, stateDirectory: nil)
    let plugin = try host.load(HostilePlugin.path())
    let id = try host.createInstance(
      of: plugin, name: "one",
      parameters: [PluginParameter(name: "mode", value: .text("echo"), type: MESH_TYPE_STRING)],
      secrets: { _, _ in true })
    try host.start(id)
    loop.runOnce()
    _ = try host.connect(id, to: address)
    loop.runOnce()
    let link = try #require(node.link)
    let batch = UnsafeMutableBufferPointer<mesh_buf>.allocate(capacity: 64)
    defer { batch.deallocate() }

    func round() -> Int {
      for index in 0..<64 {
        guard pool.take(min: 1000, for: .host, into: batch.baseAddress! + index) else { return 0 }
        batch[index].link = link.rawValue
        batch[index].len = 100
        batch[index].stream = address == "up" ? 0 : UInt32(index % 4)
      }
      let pending = PendingLanes()
      guard host.lanesWithCredit(of: link, for: 100, after: 0, bytes: 0, lanes: pending) == 0xff else { return 0 }
      let taken = host.transmit(batch)
      loop.runOnce()
      return taken
    }
    var (rounds, slow) = (0, UInt64(0))
    func run(_ count: Int) -> UInt64 {
      let start = allocation_count()
      var index = 0
      while index < count {
        if round() == 64 { rounds += 1 }
        index += 1
      }
      return allocation_count() - start
    }
    _ = run(20)
    // A call during which the machine stood still is logged, and a line of the log is made of memory.
    var (allocations, tries) = (UInt64.max, 0)
    while allocations > 0, tries == 0 || tries < 10 && host.statuses[0].instances[0].slowCalls > slow {
      slow = host.statuses[0].instances[0].slowCalls
      allocations = run(100)
      tries += 1
    }
    #expect(allocations == 0)
    #expect(rounds == 20 + 100 * tries && node.completed == 64 * rounds && node.arrived == 64 * rounds)
    #expect(pool.inUse == 0)
  }
}
