// SPDX-License-Identifier: Apache-2.0
import CMeshABI
import MeshEventLoop
import MeshPluginHost
import Testing

@Suite("Transmitting")
struct TransmitTests {
  @Test("Transmitted buffers come back once, with status and cookie")
  func completions() throws {
    let node = try TestNode()
    let id = try node.run()
    let link = try node.connect(id, "up")
    #expect(node.host.credit(of: link) == (128, 1 << 20))
    let result = node.transmit((0..<10).map { node.packet(link, 100, cookie: UInt64($0)) })
    #expect(result.taken == 10)
    #expect(node.host.credit(of: link) == (118, 1 << 20 - 1000))
    #expect(node.completed.isEmpty)
    node.settle()
    #expect(node.completed.map(\.cookie) == Array(0..<10) && node.completed.allSatisfy { $0.status == 0 })
    #expect(node.log.value("done") == 0 && node.log.value("done twice") == Int(MESH_E_INVALID))
    #expect(node.pool.inUse == 0 && !node.wasReentered)
  }

  @Test("A plugin that changes what it gives back gets an error, and the node its own words")
  func scribble() throws {
    let node = try TestNode()
    let id = try node.run(mode: "scribble")
    let link = try node.connect(id, "up")
    _ = node.transmit([node.packet(link, cookie: 8)])
    node.settle()
    #expect(node.log.value("done") == Int(MESH_E_INVALID))
    #expect(node.completed.map(\.cookie) == [8] && node.completed[0].len == 0)
    #expect(node.completed[0].status == MESH_E_INTERNAL)
  }

  @Test("What exceeds the credit is refused, in order and behind what was taken, and nothing of its link overtakes it")
  func credit() throws {
    let node = try TestNode()
    let id = try node.run(mode: "hold")
    let first = try node.connect(id, "up")
    let second = try node.connect(id, "up")
    #expect(node.transmit((0..<126).map { _ in node.packet(first) }).taken == 126)
    let mixed = [
      node.packet(first, cookie: 1), node.packet(second, cookie: 2), node.packet(first, cookie: 3),
      node.packet(first, cookie: 4), node.packet(second, cookie: 5), node.packet(first, cookie: 6),
    ]
    let result = node.transmit(mixed)
    #expect(result.taken == 4)
    #expect(result.buffers.suffix(2).map(\.cookie) == [4, 6])
    #expect(result.buffers.suffix(2).allSatisfy { $0.status == MESH_E_AGAIN })
    #expect(node.host.credit(of: first).frames == 0)
    for buffer in result.buffers.suffix(2) { #expect(node.pool.put(buffer)) }
  }

  @Test("A packet does not overtake one of its link that was refused in the same call, but does in the next")
  func overtaking() throws {
    let node = try TestNode()
    let id = try node.run()
    let link = try node.connect(id, "up")
    let result = node.transmit([node.packet(link, 1501, cookie: 1), node.packet(link, 10, cookie: 2)])
    #expect(result.taken == 0 && result.buffers.map(\.cookie) == [1, 2])
    #expect(result.buffers.map(\.status) == [MESH_E_MTU, MESH_E_AGAIN])
    #expect(node.transmit([result.buffers[1]]).taken == 1)
  }

  @Test("A train costs a frame for each datagram and its bytes")
  func trains() throws {
    let node = try TestNode()
    let id = try node.run(mode: "hold")
    let link = try node.connect(id, "up")
    var trains: [mesh_buf] = []
    for _ in 0..<17 {
      var train = node.packet(link, 6000)
      train.flags = UInt16(MESH_BUF_SEGMENTED)
      train.segment = 1500
      trains.append(train)
    }
    #expect(node.transmit(trains).taken == 16, "sixteen large buffers are all there are")
    #expect(node.host.credit(of: link) == (128 - 64, 1 << 20 - 96_000))
  }

  @Test("Packets over the MTU, broken trains, foreign buffers and stale links are refused with their reasons")
  func refusals() throws {
    let node = try TestNode()
    let id = try node.run()
    let link = try node.connect(id, "up")
    var outside = node.packet(link)
    outside.off = outside.cap
    var train = node.packet(link, 6000)
    train.flags = UInt16(MESH_BUF_SEGMENTED)
    train.segment = 1000
    var foreign = node.packet(link)
    foreign.owner ^= 1 << 33
    let dialing = try node.host.connect(id, to: "silent")
    let cases: [(mesh_buf, Int32)] = [
      (node.packet(link, 1501), MESH_E_MTU), (outside, MESH_E_INVALID), (train, MESH_E_INVALID),
      (foreign, MESH_E_INVALID), (node.packet(LinkID(rawValue: 0)), MESH_E_STALE),
      (node.packet(LinkID(rawValue: link.rawValue + (1 << 32))), MESH_E_STALE),
      (node.packet(dialing), MESH_E_STATE),
    ]
    for (packet, status) in cases {
      let result = node.transmit([packet])
      #expect(result.taken == 0 && result.buffers[0].status == status)
    }
    #expect(node.transmit([]).taken == 0)
    #expect(node.host.credit(of: link).frames == 128)
  }

  @Test("The node may transmit while it receives, and is never called from inside its own call")
  func reentrancy() throws {
    let node = try TestNode()
    let id = try node.run(mode: "echo")
    let link = try node.connect(id, "up")
    var rounds = 0
    nonisolated(unsafe) let target = node
    node.onReceived = {
      guard rounds < 50 else { return }
      rounds += 1
      #expect(target.transmit([target.packet(link, 10)]).taken == 1)
    }
    #expect(node.transmit([node.packet(link, 10)]).taken == 1)
    node.settle(100)
    #expect(rounds == 50 && !node.wasReentered)
    #expect(node.completed.count == 51 && node.arrived.count == 51)
    #expect(node.pool.inUse == 0)
    node.onReceived = nil
  }

  @Test("A link may be hung up from the callback that brings it up")
  func disconnectInUp() throws {
    let node = try TestNode()
    let id = try node.run()
    nonisolated(unsafe) let target = node
    node.onUp = { try? target.host.disconnect($0) }
    _ = try node.connect(id, "up")
    node.settle()
    #expect(node.events.contains("down CLOSED class 2 bye"))
    #expect(node.host.statuses[0].instances[0].links == 0)
    node.onUp = nil
  }
}
