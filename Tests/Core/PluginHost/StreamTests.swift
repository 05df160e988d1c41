// SPDX-License-Identifier: Apache-2.0
import CMeshABI
import MeshEventLoop
import TestSupport
import Testing

@testable import MeshPluginHost

@Suite struct LaneTests {
  @Test func aLaneSpendsItsOwnCreditAndThatOfTheLink() throws {
    let node = try TestNode()
    let link = try node.connect(node.run(mode: "hold"), "lanes")
    #expect(
      node.events.contains("lane 1 opened(trafficClass: 4)") && node.events.contains("lane 2 opened(trafficClass: 4)"))
    #expect(node.host.credit(of: link, lane: 1) == (4, 4096))
    // Lane 3 came with the link and shares what that has.
    #expect(
      node.host.credit(of: link, lane: 3) == (128, 1 << 20) && node.host.credit(of: link, lane: 0) == (128, 1 << 20))
    #expect(node.transmit((0..<3).map { _ in node.packet(link, lane: 1) } + [node.packet(link, lane: 3)]).taken == 4)
    #expect(node.host.credit(of: link, lane: 1) == (1, 3796) && node.host.credit(of: link, lane: 2) == (4, 4096))
    #expect(node.host.credit(of: link) == (124, 1 << 20 - 400))
  }

  @Test func aLaneWithoutCreditHoldsUpNoOther() throws {
    let node = try TestNode()
    let link = try node.connect(node.run(mode: "hold"), "lanes")
    #expect(node.transmit((0..<4).map { _ in node.packet(link, lane: 1) }).taken == 4)
    #expect(node.host.lanesWithCredit(of: link, for: 1500, after: 0, bytes: 0, lanes: PendingLanes()) == 0b1111_1101)
    let mixed = [
      node.packet(link, lane: 1, cookie: 1), node.packet(link, lane: 2, cookie: 2),
      node.packet(link, lane: 1, 1, cookie: 3),
      node.packet(link, lane: 0, cookie: 4),
    ]
    let result = node.transmit(mixed)
    #expect(result.taken == 2 && result.buffers.map(\.cookie) == [2, 4, 1, 3])
    #expect(result.buffers.suffix(2).allSatisfy { $0.status == MESH_E_AGAIN })
    for buffer in result.buffers.suffix(2) { #expect(node.pool.put(buffer)) }
  }

  @Test func whatIsPendingCountsAgainstItsLane() throws {
    let node = try TestNode()
    let link = try node.connect(node.run(mode: "hold"), "lanes")
    func lanes(_ size: Int, _ pending: PendingLanes, _ frames: UInt32, _ bytes: UInt64) -> UInt8 {
      node.host.lanesWithCredit(of: link, for: size, after: frames, bytes: bytes, lanes: pending)
    }
    var pending = PendingLanes()
    for _ in 0..<3 { pending.add(lane: 2, length: 100) }
    #expect(lanes(100, pending, 3, 300) == 0xff)
    pending.add(lane: 2, length: 100)
    #expect(lanes(100, pending, 4, 400) == 0b1111_1011)
    var bytes = PendingLanes()
    bytes.add(lane: 1, length: 3000)
    #expect(lanes(1096, bytes, 1, 3000) == 0xff)
    #expect(lanes(1097, bytes, 1, 3000) == 0b1111_1101)
    #expect(lanes(100, PendingLanes(), 127, 0) == 0xff && lanes(100, PendingLanes(), 128, 0) == 0)
    #expect(lanes(100, PendingLanes(), 0, 1 << 20 - 100) == 0xff && lanes(101, PendingLanes(), 0, 1 << 20 - 100) == 0)
  }

  /// Whatever is transmitted where: each packet that was taken is paid for once, by its lane and its link, and none
  /// overtakes another of its lane.
  @Test(arguments: 1...20)
  func creditAndOrderHoldForAnyMixture(seed: UInt64) throws {
    let node = try TestNode()
    let link = try node.connect(node.run(mode: "hold"), "lanes")
    var random = SeededGenerator(seed)
    var spent = [UInt32](repeating: 0, count: 4)
    for _ in 0..<6 {
      let packets = (0..<Int.random(in: 1...6, using: &random)).map { index in
        node.packet(
          link, lane: UInt32.random(in: 0..<4, using: &random), Int.random(in: 1...1600, using: &random),
          cookie: UInt64(index))
      }
      let before = (0..<4).map { node.host.credit(of: link, lane: $0) }
      let result = node.transmit(packets)
      var taken: [UInt32: [UInt64]] = [:]
      for buffer in result.buffers[..<result.taken] {
        taken[buffer.stream, default: []].append(buffer.cookie)
        spent[Int(buffer.stream)] += 1
      }
      for buffer in result.buffers[result.taken...] {
        #expect(taken[buffer.stream]?.allSatisfy { $0 < buffer.cookie } ?? true)
        #expect(node.pool.put(buffer))
      }
      for lane in 1..<3 {
        let left = node.host.credit(of: link, lane: UInt32(lane)).frames
        #expect(left + UInt32(taken[UInt32(lane)]?.count ?? 0) == before[lane].frames)
      }
    }
    #expect(node.host.credit(of: link).frames == 128 - spent.reduce(0, +))
  }

  @Test func aLaneIsOpenedAndClosedOnRequest() throws {
    let node = try TestNode()
    let link = try node.connect(node.run(mode: "hold"), "lanes-open")
    #expect(node.host.opensLanes(on: link))
    #expect(node.transmit([node.packet(link, lane: 5)]).taken == 1, "nobody has said yet what lanes there are")
    #expect(node.call { node.host.openLane(5, on: link, trafficClass: 2) } == MESH_OK)
    #expect(node.host.openLane(5, on: link, trafficClass: 2) == MESH_E_EXISTS)
    #expect(node.host.openLane(0, on: link, trafficClass: 2) == MESH_E_INVALID)
    #expect(node.host.openLane(MESH_STREAM_ACCEPTED, on: link, trafficClass: 2) == MESH_E_INVALID)
    node.settle()
    #expect(node.log.value("hint") == 2 && node.events.contains("lane 5 opened(trafficClass: 4)"))
    #expect(node.transmit([node.packet(link, lane: 5, cookie: 1)]).taken == 1)
    let other = node.transmit([node.packet(link, lane: 6)])
    #expect(other.taken == 0 && other.buffers[0].status == MESH_E_STATE)
    #expect(node.pool.put(other.buffers[0]))
    #expect(node.call { node.host.closeLane(5, on: link, code: 0) } == MESH_OK)
    #expect(node.host.closeLane(5, on: link, code: 0) == MESH_E_NOTFOUND)
    node.settle()
    #expect(node.events.last == "lane 5 closed" && node.completed.count == 2)
    #expect(!node.wasReentered)
  }

  @Test(arguments: [
    ("lane-fails", MESH_OK, "lane 3 failed(-9)"), ("lane-error", MESH_E_LIMIT, nil),
    ("lane-garbage", MESH_E_INVALID, nil), ("lane-silent", MESH_OK, nil),
    ("lane-both", MESH_OK, "lane 3 opened(trafficClass: 4)"), ("lane-kills", MESH_E_INVALID, "down RESET class 2 gone"),
  ])
  func anAnswerOfAnyKindIsTakenAsItIs(_ mode: String, _ code: Int32, _ event: String?) throws {
    let node = try TestNode()
    let link = try node.connect(node.run(mode: mode), "lanes-open")
    node.clear()
    let answer = node.call { node.host.openLane(3, on: link, trafficClass: 1) }
    #expect(mode == "lane-kills" ? answer < 0 : answer == code)
    node.settle()
    #expect(node.events.filter { $0 != "credit" } == (event.map { [$0] } ?? []))
    let isOpen = mode == "lane-both"
    #expect(
      node.host.credit(of: link, lane: 3).frames
        == (isOpen ? 16 : mode == "lane-silent" ? 0 : node.host.credit(of: link).frames))
  }

  @Test func aCloseThatIsRefusedEndsTheLaneAllTheSame() throws {
    let node = try TestNode()
    let link = try node.connect(node.run(mode: "lane-keeps"), "lanes-open")
    #expect(
      node.host.openLane(3, on: link, trafficClass: 1) == MESH_OK
        && node.host.closeLane(3, on: link, code: -5) == MESH_OK)
    node.settle()
    #expect(node.events.last == "lane 3 reset(-19)" && node.log.contains("breaks the plugin ABI"))
  }

  @Test func liesAboutLanesAreErrorsAndChangeNothing() throws {
    let node = try TestNode()
    let link = try node.connect(node.run(), "lanes-lies")
    let expected: [(String, Int32)] = [
      ("lane before up", MESH_E_STALE), ("lane 0", MESH_E_INVALID), ("lane of this side", MESH_E_INVALID),
      ("lane not asked for", MESH_E_NOTFOUND), ("lane unknown", MESH_E_NOTFOUND),
      ("lane credit unknown", MESH_E_NOTFOUND), ("lane opened", MESH_OK), ("lane opened twice", MESH_E_EXISTS),
      ("lane failed after it opened", MESH_E_NOTFOUND), ("lane of another kind", MESH_OK),
      ("lane null", MESH_E_INVALID), ("lane cut", MESH_E_INVALID), ("lane stale", MESH_E_STALE),
      ("lane credit stale", MESH_E_STALE), ("lane too many", MESH_E_LIMIT),
    ]
    for (lie, code) in expected { #expect(node.log.value(lie) == Int(code), "\(lie)") }
    #expect(node.log.value("lanes") == Int(MESH_STREAM_LANES_MAX) - 1)
    #expect(node.host.credit(of: link, lane: MESH_STREAM_ACCEPTED + 1) == (128, 1 << 20))
    #expect(node.links[link] != nil)
  }

  @Test func aFloodOfReportsIsBounded() throws {
    let node = try TestNode()
    let link = try node.connect(node.run(), "lanes-flood")
    #expect(node.log.value("lane flood") == Int(MESH_E_LIMIT) && node.links[link] != nil)
    #expect(node.host.waitingLaneReports == 0)
  }

  @Test func lanesThatHaveEndedMayComeAgainAndLeaveNothing() throws {
    let node = try TestNode()
    let link = try node.connect(node.run(), "lanes-reuse")
    for done in ["reused opened", "reused credited", "reused ended"] {
      #expect(node.log.value(done) == 4000, "\(done)")
    }
    #expect(node.log.value("reused late") == 0)
    #expect(node.log.value("reused room") == Int(MESH_STREAM_LANES_MAX) - 1)
    node.settle()
    #expect(node.links[link] != nil && node.host.waitingLaneReports == 0)
    #expect(node.host.credit(of: link) == (128, 1 << 20), "credit of lanes is not the link's")
  }

  @Test func lanesEndWithTheirLink() throws {
    let node = try TestNode()
    let id = try node.run(mode: "hold")
    let link = try node.connect(id, "lanes")
    node.clear()
    let refused = node.call { node.host.openLane(2, on: link, trafficClass: 1) }
    #expect(refused == MESH_E_INVALID, "it came with the link")
    try node.call { try node.host.disconnect(link) }
    node.settle()
    #expect(node.events == ["down CLOSED class 2 bye"])
    #expect(node.host.openLane(9, on: link, trafficClass: 1) == MESH_E_STATE)
    #expect(node.host.lanesWithCredit(of: link, for: 1, after: 0, bytes: 0, lanes: PendingLanes()) == 0)
    let next = try node.connect(id, "lanes-open")
    #expect(node.host.credit(of: next, lane: 1) == (128, 1 << 20), "the slot's lanes are not those of the link before")
  }
}
