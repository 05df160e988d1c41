// SPDX-License-Identifier: Apache-2.0
import CMeshABI
import Glibc
import MeshEventLoop
import Synchronization
import TestSupport
import Testing

@testable import MeshPluginHost

@Suite("Tables of the plugin host")
struct TableTests {
  @Test("A link id names its link until it is removed and nothing ever after", arguments: 1...10)
  func links(seed: UInt64) throws {
    var generator = SeededGenerator(seed)
    let node = try TestNode()
    let plugin = try node.host.load(HostilePlugin.path())
    _ = try node.create(plugin)
    let incarnation = try #require(node.host.live.first)
    var table = LinkTable(limit: 200)
    defer { table.free() }
    var live: [LinkID: String] = [:]
    var spent: Set<LinkID> = []
    for step in 0..<3000 {
      if Int.random(in: 0..<5, using: &generator) < 3 {
        let id = table.insert(.dialing, incarnation, address: "\(step)")
        #expect((id == nil) == (live.count == 200))
        guard let id else { continue }
        #expect(id.rawValue != 0 && live[id] == nil && !spent.contains(id))
        live[id] = "\(step)"
      } else if let id = live.keys.randomElement(using: &generator) {
        table.remove(id)
        table.remove(id)
        live[id] = nil
        spent.insert(id)
      }
      #expect(table.count == live.count)
      if let id = spent.randomElement(using: &generator) { #expect(table.record(id.rawValue) == nil) }
      #expect(table.record(UInt64.random(in: 0...UInt64.max, using: &generator) | 1 << 63) == nil)
    }
    for (id, address) in live { #expect(table.address(id.rawValue) == address) }
    #expect(Set(table.links(of: incarnation)) == Set(live.keys))
  }

  @Test("Wakes merge equal tokens, hold 64 different ones, and are free again once taken")
  func wakes() {
    let slots = WakeSlots()
    let out = UnsafeMutablePointer<UInt64>.allocate(capacity: WakeSlots.capacity)
    defer { out.deallocate() }
    for round in 0..<3 {
      for token in 0..<64 {
        #expect(slots.post(UInt64(token + round)))
        #expect(slots.post(UInt64(token + round)))
      }
      #expect(!slots.post(1000))
      #expect(slots.take(out) == 64)
      #expect(Set((0..<64).map { out[$0] }) == Set((0..<64).map { UInt64($0 + round) }))
      #expect(slots.isEmpty && slots.take(out) == 0)
    }
  }

  @Test("No wake of several threads is lost")
  func wakesOfThreads() {
    let slots = WakeSlots()
    let pool = OffloadPool(threads: 3)
    let latest = Latest()
    let finished = Finished()
    let rounds: UInt64 = 20_000
    for thread in 0..<3 {
      let isAccepted = pool.submit {
        for round in 1...rounds {
          latest.set(thread, round)
          while !slots.post(UInt64(thread) + (round % 40) * 3) { sched_yield() }
        }
        finished.count.add(1, ordering: .sequentiallyConsistent)
      }
      #expect(isAccepted)
    }
    let out = UnsafeMutablePointer<UInt64>.allocate(capacity: WakeSlots.capacity)
    defer { out.deallocate() }
    var seen: [UInt64] = [0, 0, 0]
    var isLast = false
    while true {
      isLast = finished.count.load(ordering: .sequentiallyConsistent) == 3
      for index in 0..<slots.take(out) {
        let thread = Int(out[index] % 3)
        seen[thread] = latest.get(thread)
      }
      if isLast { break }
    }
    #expect(seen == [rounds, rounds, rounds], "the last post of each thread was taken after what it announced")
    pool.shutdown()
  }

  @Test("A store keeps values across incarnations, whatever the bytes of the key")
  func store() {
    let store = InstanceStore(directory: "\(HostilePlugin.temporaryFolder())/one")
    let keys: [[UInt8]] = [
      [0], [0, 0], Array("../../etc".utf8), Array("a/b".utf8), [0xff], Array(repeating: 0xff, count: 128),
      Array(repeating: 0, count: 128),
    ]
    #expect(store.get([1]).status == MESH_E_NOTFOUND && store.delete([1]) == MESH_E_NOTFOUND)
    for (index, key) in keys.enumerated() { #expect(store.put(key, [UInt8(index)]) == MESH_OK) }
    for (index, key) in keys.enumerated() {
      let result = store.get(key)
      #expect(result.status == MESH_OK && result.value.map(Array.init) == [UInt8(index)])
      result.value?.deallocate()
    }
    #expect(store.put(keys[0], Array(repeating: 7, count: 65_536)) == MESH_OK)
    let large = store.get(keys[0])
    #expect(large.value?.count == 65_536)
    large.value?.deallocate()
    #expect(store.delete(keys[0]) == MESH_OK && store.get(keys[0]).status == MESH_E_NOTFOUND)
  }

  @Test func aStoreWritesDespiteWhatACrashedProcessOfTheSameNumberLeft() {
    let folder = "\(HostilePlugin.temporaryFolder())/one"
    let store = InstanceStore(directory: folder)
    #expect(store.put([1], [2]) == MESH_OK)
    // Every name that the next values may begin with is taken.
    for number in 1...2000 {
      let file = open("\(folder)/.\(getpid())-\(number)", O_WRONLY | O_CREAT, 0o600)
      #expect(file >= 0 && close(file) == 0)
    }
    #expect(store.put([1], [3]) == MESH_OK)
    let result = store.get([1])
    #expect(result.value.map(Array.init) == [3])
    result.value?.deallocate()
  }

  @Test func aStoreWhoseFolderIsTakenAwayBeginsAnewAndOneThatIsAFileRefuses() {
    let parent = HostilePlugin.temporaryFolder()
    let store = InstanceStore(directory: "\(parent)/one")
    #expect(store.put([1], [2]) == MESH_OK)
    #expect(rename("\(parent)/one", "\(parent)/away") == 0)
    #expect(store.get([1]).status == MESH_E_NOTFOUND && store.put([3], [4]) == MESH_OK)
    let result = store.get([3])
    #expect(result.value.map(Array.init) == [4])
    result.value?.deallocate()
    let file = open("\(parent)/two", O_WRONLY | O_CREAT, 0o600)
    #expect(file >= 0 && close(file) == 0)
    #expect(InstanceStore(directory: "\(parent)/two").put([1], [2]) == MESH_E_IO)
    #expect(InstanceStore(directory: "\(parent)/none/three").put([1], [2]) == MESH_E_IO)
  }
}

/// A number for each of three threads.
private final class Latest: Sendable {
  private let first = Atomic<UInt64>(0)
  private let second = Atomic<UInt64>(0)
  private let third = Atomic<UInt64>(0)

  func set(_ thread: Int, _ value: UInt64) {
    switch thread {
    case 0: first.store(value, ordering: .sequentiallyConsistent)
    case 1: second.store(value, ordering: .sequentiallyConsistent)
    default: third.store(value, ordering: .sequentiallyConsistent)
    }
  }

  func get(_ thread: Int) -> UInt64 {
    switch thread {
    case 0: first.load(ordering: .sequentiallyConsistent)
    case 1: second.load(ordering: .sequentiallyConsistent)
    default: third.load(ordering: .sequentiallyConsistent)
    }
  }
}

private final class Finished: Sendable {
  let count = Atomic<Int>(0)
}
