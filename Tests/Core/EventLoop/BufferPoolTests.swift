// SPDX-License-Identifier: Apache-2.0
import CMeshABI
import MeshEventLoop
import TestSupport
import Testing

@Suite("Buffer pool")
struct BufferPoolTests {
  private let plugin = BufferHolder(rawValue: 2)

  @Test("A buffer has the storage that was asked for, and nothing else is set")
  func sizes() throws {
    let pool = try #require(BufferPool(smallLimit: 4, largeLimit: 2))
    for (minimum, capacity) in [(0, 2560), (2560, 2560), (2561, 66_048), (66_048, 66_048)] {
      let buffer = try #require(pool.get(min: minimum))
      #expect(Int(buffer.cap) == capacity)
      #expect(buffer.data.ptr != nil && buffer.off == 0 && buffer.len == 0 && buffer.link == 0 && buffer.cookie == 0)
      #expect(UInt(bitPattern: buffer.data.ptr) % 64 == 0)
      #expect(pool.put(buffer))
    }
    #expect(pool.get(min: 66_049) == nil)
    #expect(pool.inUse == 0)
  }

  @Test("At its limit the pool gives small requests large buffers, then nothing")
  func limits() throws {
    let pool = try #require(BufferPool(smallLimit: 3, largeLimit: 2))
    let buffers = (0..<5).compactMap { _ in pool.get(min: 10) }
    #expect(buffers.map(\.cap) == [2560, 2560, 2560, 66_048, 66_048])
    #expect(pool.get(min: 10) == nil && pool.available == 0)
    #expect(Set(buffers.map { UInt(bitPattern: $0.data.ptr) }).count == 5)
  }

  @Test("A second put, a foreign buffer and a kept descriptor are refused")
  func refusals() throws {
    let pool = try #require(BufferPool(smallLimit: 8, largeLimit: 1))
    let buffer = try #require(pool.get(min: 1))
    #expect(!pool.put(buffer, from: plugin))
    #expect(pool.put(buffer))
    #expect(!pool.put(buffer))
    let again = try #require(pool.get(min: 1))
    #expect(again.data.ptr == buffer.data.ptr)
    #expect(!pool.put(buffer), "the generation of the first use is over")
    #expect(!pool.put(mesh_buf()))
    var foreign = again
    foreign.owner = UInt64.max
    #expect(!pool.put(foreign))
    #expect(!pool.put(again, from: .pool))
    #expect(pool.refusals == 6)
    #expect(pool.inUse == 1)
  }

  @Test("What comes back from a holder has the cookie, link and storage it was handed over with")
  func handOver() throws {
    let pool = try #require(BufferPool(smallLimit: 8, largeLimit: 1))
    var buffer = try #require(pool.get(min: 1))
    buffer.cookie = 11
    buffer.link = 22
    let original = buffer
    #expect(pool.hand(&buffer, from: .host, to: plugin))
    #expect(!pool.hand(&buffer, from: .host, to: plugin))
    #expect(!pool.put(buffer))
    buffer.cookie = 99
    buffer.link = 98
    buffer.cap = .max
    buffer.data.ptr = nil
    #expect(pool.takeBack(&buffer, from: plugin, remembered: true) == false)
    #expect(buffer.cookie == 11 && buffer.link == 22)
    #expect(buffer.cap == original.cap && buffer.data.ptr == original.data.ptr)
    #expect(pool.takeBack(&buffer, from: plugin, remembered: true) == nil)
    #expect(pool.hand(&buffer, from: .host, to: plugin))
    #expect(pool.takeBack(&buffer, from: plugin, remembered: true) == true)
    buffer.data.ptr = original.data.ptr.map { $0 + 1 }
    #expect(!pool.hand(&buffer, from: .host, to: plugin), "storage that is not the buffer's")
  }

  @Test("A run ends at the first buffer that is in any way different, and moves those before it", arguments: 0..<10)
  func runs(fault: Int) throws {
    let pool = try #require(BufferPool(smallLimit: 8, largeLimit: 2))
    let limits = RunLimits(mtu: 1500, bytes: 4096)
    var buffers = try (0..<6).map { _ in
      var buffer = try #require(pool.get(min: 1))
      buffer.link = 5
      buffer.cookie = 6
      buffer.len = 1000
      return buffer
    }
    switch fault {
    case 0: buffers[3].link = 6
    case 1: buffers[3].flags = UInt16(MESH_BUF_SEGMENTED)
    case 2: buffers[3].len = 1501
    case 3: buffers[3].off = buffers[3].cap - 999
    case 4: buffers[3].cap += 1
    case 5: buffers[3].data.u64 += 1
    case 6: buffers[3].owner ^= 1 << 32
    case 7: buffers[3].owner = UInt64(UInt32.max)
    case 8: buffers[3] = buffers[2]
    default: buffers[3] = try #require(pool.get(min: 60_000))
    }
    let moved = buffers.withUnsafeBufferPointer { all in
      pool.handRun(all.baseAddress!, count: 6, from: .host, to: plugin, limits: limits)
    }
    #expect(moved.count == 3 && moved.bytes == 3000)
    for index in 0..<3 { #expect(pool.takeBack(&buffers[index], from: plugin, remembered: true) == true) }
    let limited = buffers.withUnsafeBufferPointer { all in
      pool.handRun(all.baseAddress!, count: 3, from: .host, to: plugin, limits: RunLimits(mtu: 1500, bytes: 2999))
    }
    #expect(limited.count == 2)
  }

  @Test("A poisoned buffer shows its last user")
  func poison() throws {
    let pool = try #require(BufferPool(smallLimit: 2, largeLimit: 1, poisons: true))
    let buffer = try #require(pool.get(min: 1))
    let bytes = try #require(buffer.data.ptr)
    bytes[0] = 1
    bytes[2559] = 1
    pool.put(buffer)
    #expect(bytes[0] == 0xDB && bytes[2559] == 0xDB)
  }

  @Test("Trimming gives idle memory back and leaves the pool usable")
  func trim() throws {
    let pool = try #require(BufferPool(smallLimit: 2048, largeLimit: 128, poisons: true))
    var buffers = (0..<1500).compactMap { _ in pool.get(min: 1) }
    for buffer in buffers { buffer.data.ptr?.initialize(repeating: 1, count: 2560) }
    while buffers.count > 10 { pool.put(buffers.removeLast()) }
    #expect(pool.trim() > 1000 * 2560)
    for buffer in buffers { #expect(buffer.data.ptr?[100] == 1) }
    let more = (0..<1490).compactMap { _ in pool.get(min: 1) }
    #expect(more.count == 1490)
  }

  @Test("Whatever is taken, put, handed on or repeated, no two owners share a buffer", arguments: 1...20)
  func property(seed: UInt64) throws {
    var generator = SeededGenerator(seed)
    let pool = try #require(BufferPool(smallLimit: 70, largeLimit: 5, poisons: false))
    var held: [(buffer: mesh_buf, holder: BufferHolder)] = []
    var spent: [mesh_buf] = []
    for _ in 0..<2000 {
      switch Int.random(in: 0..<6, using: &generator) {
      case 0, 1:
        let minimum = Int.random(in: 0..<70_000, using: &generator)
        guard let buffer = pool.get(min: minimum, for: plugin) else { continue }
        #expect(Int(buffer.cap) >= minimum)
        #expect(!held.contains { $0.buffer.data.ptr == buffer.data.ptr })
        held.append((buffer, plugin))
      case 2, 3:
        guard let index = held.indices.randomElement(using: &generator) else { continue }
        let entry = held.remove(at: index)
        #expect(pool.put(entry.buffer, from: entry.holder))
        spent.append(entry.buffer)
      case 4:
        guard let index = held.indices.randomElement(using: &generator) else { continue }
        let target: BufferHolder = held[index].holder == plugin ? .host : plugin
        #expect(pool.hand(&held[index].buffer, from: held[index].holder, to: target))
        held[index].holder = target
      default:
        guard let old = spent.randomElement(using: &generator) else { continue }
        #expect(!pool.put(old, from: plugin) && !pool.put(old, from: .host))
      }
      #expect(pool.inUse == held.count)
    }
    var found = 0
    pool.forEach(heldBy: plugin) { _ in found += 1 }
    #expect(found == held.count { $0.holder == plugin })
  }
}
