// SPDX-License-Identifier: Apache-2.0
import BundleAgent
import BundleProtocol
import BundleStore
import CMeshABI
import Glibc
import TestSupport
import Testing

@Suite struct AgentTests {
  @Test func anEnvelopeGoesToItsNeighbourAndIsGoneWhenItIsSettled() throws {
    let (a, b) = (try AgentNode(1), try AgentNode(2))
    let world = AgentWorld([a, b])
    #expect(a.submit([1, 2, 3], to: b, token: 9) == MESH_OK)
    #expect(a.reports.isEmpty, "nothing is said before the store has it")
    #expect(a.submit([1, 2, 3], to: b, token: 9) == MESH_E_EXISTS)
    world.run(2)
    #expect(a.kinds(9) == [MESH_CARRIER_STORED])
    world.meet(a, b)
    world.run()
    #expect(a.kinds(9) == [MESH_CARRIER_STORED, MESH_CARRIER_DELIVERED])
    #expect(a.agent.bundleCount == 0)
    #expect(b.arrivals.map(\.envelope) == [[1, 2, 3]])
    #expect(b.agent.bundleCount == 1, "kept until the host has taken it")
    #expect(b.agent.settle(b.arrivals[0].id, MESH_OK) == MESH_OK)
    #expect(b.agent.bundleCount == 0)
    #expect(b.agent.settle(b.arrivals[0].id, MESH_OK) == MESH_E_STALE)
  }

  @Test func whatTheHostCannotTakeIsOfferedAgain() throws {
    let (a, b) = (try AgentNode(1), try AgentNode(2))
    let world = AgentWorld([a, b])
    world.meet(a, b)
    b.takesArrivals = false
    _ = a.submit([5], to: b, token: 1)
    world.run()
    b.takesArrivals = true
    world.run()
    #expect(b.arrivals.isEmpty, "not before retry")
    b.agent.retry()
    world.run(2)
    #expect(b.arrivals.count == 1)
    _ = b.agent.settle(b.arrivals[0].id, MESH_E_AGAIN)
    world.run(2)
    #expect(b.arrivals.count == 1)
    b.agent.retry()
    world.run(2)
    #expect(b.arrivals.count == 2)
    #expect(b.arrivals[0].id == b.arrivals[1].id)
  }

  @Test func aRestartReportsWhatIsKeptAndOffersWhatWasNotSettled() throws {
    let folder = Folder()
    do {
      let a = try AgentNode(1, store: try BundleStore(folder: folder.path + "/a"))
      let b = try AgentNode(2, store: try BundleStore(folder: folder.path + "/b"))
      let c = try AgentNode(3)
      let world = AgentWorld([a, b])
      _ = a.submit([1], to: c, token: 77)
      _ = a.submit([2], to: b, token: 78)
      world.meet(a, b)
      let end = time(nil) + 60
      while b.arrivals.isEmpty, time(nil) < end { world.run(1) }
      #expect(b.arrivals.count == 1)
    }
    let a = try AgentNode(1, store: try BundleStore(folder: folder.path + "/a"))
    #expect(a.reports == [.init(token: 77, kind: MESH_CARRIER_STORED, code: MESH_OK)])
    let b = try AgentNode(2, store: try BundleStore(folder: folder.path + "/b"))
    #expect(b.reports.isEmpty)
    AgentWorld([b]).run(2)
    #expect(b.arrivals.map(\.envelope) == [[2]])
  }

  @Test func aFullStoreRefusesAndDropsNothingOfItsOwn() throws {
    var settings = AgentSettings()
    settings.limits.total = .init(bytes: 100_000, count: 3)
    let a = try AgentNode(1, store: BundleStore(limits: settings.limits), settings: settings)
    let b = try AgentNode(2)
    let world = AgentWorld([a, b])
    for token in 1...3 as ClosedRange<UInt64> { #expect(a.submit([1], to: b, token: token) == MESH_OK) }
    #expect(a.submit([1], to: b, token: 4) == MESH_E_LIMIT)
    world.meet(a, b)
    world.run()
    #expect(b.arrivals.count == 3)
    #expect(a.submit([1], to: b, token: 4) == MESH_OK)
    let large = [UInt8](repeating: 0, count: 18 << 20)
    #expect(b.submit(large, to: a, token: 1) == MESH_E_MTU)
  }

  @Test func aNeighbourWithoutRoomIsNotAskedUntilItHasSome() throws {
    var settings = AgentSettings()
    settings.limits.total = .init(bytes: 100_000, count: 2)
    let a = try AgentNode(1)
    let b = try AgentNode(2, store: BundleStore(limits: settings.limits), settings: settings)
    let world = AgentWorld([a, b])
    world.meet(a, b)
    for token in 1...6 as ClosedRange<UInt64> { _ = a.submit([UInt8(token)], to: b, token: token) }
    for _ in 0..<40 {
      world.run(10)
      a.bundleTime += 11_000
      for arrival in b.arrivals { _ = b.agent.settle(arrival.id, MESH_OK) }
    }
    #expect(Set(b.arrivals.map(\.envelope)).count == 6)
    #expect((1...6).allSatisfy { a.kinds(UInt64($0)).last == MESH_CARRIER_DELIVERED })
  }

  @Test func whatANeighbourHadInHandWhenItsAgentBeganAnewIsSentAgain() throws {
    let (a, b) = (try AgentNode(1), try AgentNode(2))
    var world = AgentWorld([a, b])
    world.meet(a, b)
    world.run(3)
    for token in 1...3 as ClosedRange<UInt64> { _ = a.submit([UInt8(token)], to: b, token: token) }
    // The first life of b gets them and dies before it answers; the session goes on.
    for _ in 0..<2 { _ = a.agent.turn() }
    for one in a.outbox { b.hear(one.message, from: a) }
    a.outbox = []
    let second = try AgentNode(2)
    world = AgentWorld([a, second])
    world.link(a, second)
    second.agent.came(a.key)
    world.run()
    #expect(Set(second.arrivals.map(\.envelope)) == [[1], [2], [3]])
    #expect((1...3).allSatisfy { a.kinds(UInt64($0)).last == MESH_CARRIER_DELIVERED })
  }

  @Test func copiesThatWereGivenAwayStayGivenAwayOverARestart() throws {
    let folder = Folder()
    var settings = AgentSettings()
    settings.routing = .sprayAndWait(copies: 4)
    let (b, c, d) = (
      try AgentNode(2, settings: settings), try AgentNode(3, settings: settings), try AgentNode(4, settings: settings)
    )
    let destination = try AgentNode(9)
    for (life, other) in [b, c, d].enumerated() {
      let store = try BundleStore(folder: folder.path)
      let a = try AgentNode(1, store: store, settings: settings)
      if life == 0 { #expect(a.submit([7], to: destination, token: 5) == MESH_OK) }
      let world = AgentWorld([a, other])
      // Between turns everything comes to disk, however long that takes.
      func run() {
        for _ in 0..<20 {
          world.run(3)
          store.flush()
        }
      }
      run()
      #expect(!a.reports.isEmpty)
      world.meet(a, other)
      run()
    }
    // Four copies: two to the first, one to the second, and the last one stays.
    #expect([b, c, d].map(\.agent.bundleCount) == [1, 1, 0])
  }

  @Test func bundlesOfANodeWithoutAClockAreToldApartOverItsLives() throws {
    var ids: Set<[UInt64]> = []
    for _ in 0..<3 {
      let a = try AgentNode(1)
      a.bundleTime = 0
      for _ in 0..<3 {
        #expect(a.agent.send([1], to: .dtn("//b/x"), service: "s", lifetime: 1000) == MESH_OK)
      }
      for line in try a.agent.list(from: 0, limit: 10) { ids.insert([line.record.id.timestamp.sequence]) }
    }
    #expect(ids.count == 9)
  }

  @Test(arguments: [UInt64.max, 1 << 63, 1 << 50]) func aLifetimeWithoutEndHarmsNobody(lifetime: UInt64) throws {
    let a = try AgentNode(1)
    #expect(a.agent.send([1], to: .dtn("//b/x"), service: "s", lifetime: lifetime) == MESH_OK)
    // Its driver reckons in nanoseconds.
    let due = try #require(a.agent.turn())
    #expect(!(due - a.bundleTime).multipliedReportingOverflow(by: 1_000_000).overflow)
  }

  @Test func aLifetimeEnds() throws {
    let (a, b) = (try AgentNode(1), try AgentNode(2))
    let world = AgentWorld([a, b])
    _ = a.submit([1], to: b, token: 1, lifetime: 5000)
    world.run(2)
    a.bundleTime += 5001
    world.run(2)
    #expect(a.kinds(1) == [MESH_CARRIER_STORED, MESH_CARRIER_EXPIRED])
    #expect(a.agent.bundleCount == 0)
    #expect(a.agent.cancel(1) == MESH_E_STALE)
  }

  @Test func nonsenseFromANeighbourIsHarmless() throws {
    let (a, b) = (try AgentNode(1), try AgentNode(2))
    let world = AgentWorld([a, b])
    world.meet(a, b)
    _ = a.submit([1], to: b, token: 1)
    let nobody = try AgentNode(9)
    var generator = SeededGenerator(5)
    for size in 0..<400 {
      var bytes = generator.bytes(size % 40)
      if !bytes.isEmpty { bytes[0] = UInt8(size % 8) }
      a.hear(bytes, from: b)
      b.hear(bytes, from: nobody)
    }
    world.run()
    #expect(b.arrivals.count == 1)
  }

  /// Only the middle node moves; every envelope arrives once, whatever the schedule.
  @Test(arguments: [RoutingChoice.epidemic, .sprayAndWait(copies: 4)], 0..<20)
  func theFerryBringsEachOnce(routing: RoutingChoice, seed: Int) throws {
    var generator = SeededGenerator(UInt64(seed))
    var settings = AgentSettings()
    settings.routing = routing
    let nodes = try (1...3).map { try AgentNode(UInt8($0), settings: settings) }
    let world = AgentWorld(nodes)
    let (a, ferry, c) = (nodes[0], nodes[1], nodes[2])
    var side: AgentNode?
    for token in 1...40 as ClosedRange<UInt64> {
      _ = a.submit([1, UInt8(token)], to: c, token: token)
      _ = c.submit([2, UInt8(token)], to: a, token: token)
      if Int.random(in: 0..<3, using: &generator) == 0 {
        if let side { world.part(ferry, side) }
        side = side === a ? c : a
        if let side { world.meet(ferry, side) }
        world.run(Int.random(in: 0..<12, using: &generator))
      }
      for node in [a, c] { for arrival in node.arrivals { _ = node.agent.settle(arrival.id, MESH_OK) } }
      for node in nodes { node.bundleTime += generator.next() % 20_000 }
    }
    for _ in 0..<6 {
      if let side { world.part(ferry, side) }
      side = side === a ? c : a
      if let side { world.meet(ferry, side) }
      world.run()
      for node in [a, c] { for arrival in node.arrivals { _ = node.agent.settle(arrival.id, MESH_OK) } }
    }
    #expect(a.arrivals.count == 40 && Set(a.arrivals.map(\.envelope)).count == 40, "seed \(seed)")
    #expect(c.arrivals.count == 40 && Set(c.arrivals.map(\.envelope)).count == 40, "seed \(seed)")
    #expect(ferry.agent.bundleCount == 0, "seed \(seed): what has arrived is purged")
  }
}
