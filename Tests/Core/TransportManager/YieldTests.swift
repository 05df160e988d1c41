// SPDX-License-Identifier: Apache-2.0
import MeshTransportManager
import Testing

@Suite struct YieldTests {
  private let policy = TransportPolicy(transports: [
    TransportEntry(name: "htx", instance: 0, priorityGroup: 1, schemes: ["htx"])
  ])
  private let old = LinkHandle(rawValue: 1)
  private let new = LinkHandle(rawValue: 2)
  private let yielding = PathCapabilities(flags: PathCapabilities.yields)

  /// The attempts that are to be dialled, links to be closed, and the link that classes are moved to.
  private func commands(
    _ manager: TransportManager
  ) -> (dials: [AttemptHandle], closed: [(LinkHandle, LinkHandle?)], selected: Set<LinkHandle?>) {
    var dials: [AttemptHandle] = []
    var closed: [(LinkHandle, LinkHandle?)] = []
    var selected: Set<LinkHandle?> = []
    for command in manager.takeCommands() {
      switch command {
      case .dial(_, let attempt, _, _, _, _): dials.append(attempt)
      case .close(let link, _, let after): closed.append((link, after))
      case .select(_, _, let link): selected.insert(link)
      default: break
      }
    }
    return (dials, closed, selected)
  }

  /// A manager whose peer has one dialled link, which then wants to be replaced.
  private func managerWithYieldingLink() throws -> TransportManager {
    let manager = TransportManager(policy: policy, seed: 3)
    manager.setPeer(
      alice, addresses: [PeerAddress(uri: "htx://h:1", source: .configuration)], dialsWin: true, now: 0)
    manager.wants(alice, now: 0)
    let attempt = try #require(commands(manager).dials.first)
    manager.linkUp(
      alice, link: old, attempt: attempt, transport: "htx", capabilities: PathCapabilities(), now: 10 * milliseconds)
    manager.advance(now: 600 * seconds)
    #expect(commands(manager).dials.isEmpty)
    manager.linkChanged(old, capabilities: yielding, now: 600 * seconds)
    return manager
  }

  @Test("a link that yields is dialled again beside, and closed when the other one has taken over") func replaced()
    throws
  {
    let manager = try managerWithYieldingLink()
    manager.advance(now: 602 * seconds)
    let began = commands(manager)
    try #require(began.dials.count == 1)
    #expect(began.closed.isEmpty)
    #expect(manager.link(for: alice, trafficClass: 3) == old)
    #expect(manager.why(alice, now: 602 * seconds)?.paths.first?.reason.contains("makes room") == true)
    manager.linkUp(
      alice, link: new, attempt: began.dials[0], transport: "htx", capabilities: PathCapabilities(), now: 603 * seconds)
    let ended = commands(manager)
    #expect(ended.selected == [new])
    #expect(ended.closed.map(\.0) == [old])
    #expect(ended.closed.first?.1 == new)
    manager.linkDown(old, nil, now: 604 * seconds)
    manager.advance(now: 2000 * seconds)
    #expect(commands(manager).dials.isEmpty)
  }

  @Test("a link that yields stays while no other one comes up, and that is tried later and later") func kept() throws {
    let manager = try managerWithYieldingLink()
    var now = 600 * seconds
    var dials = 0
    while now < 1800 * seconds {
      now += seconds
      manager.advance(now: now)
      let step = commands(manager)
      #expect(step.closed.isEmpty && step.selected.isEmpty)
      for attempt in step.dials {
        dials += 1
        let failure = PathFailure(code: -9, kind: .transient, stage: .timedOut, text: "nobody answered")
        manager.attemptFailed(attempt, failure, now: now)
      }
    }
    #expect(manager.link(for: alice, trafficClass: 3) == old)
    #expect((3...30).contains(dials), "\(dials) dials in 20 minutes")
  }

  @Test("a link says what it goes over, where that is text") func medium() {
    func text(_ bytes: [UInt8]) -> String? {
      PathCapabilities(medium: bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) }).mediumText
    }
    #expect(text(Array("HTTP/3".utf8)) == "HTTP/3")
    #expect(text(Array("12345678".utf8)) == "12345678")
    #expect(text([]) == nil)
    #expect(text([0x41, 0, 0x42]) == nil)
    #expect(text([0x41, 0x1B]) == nil)
    #expect(text([0xC3, 0xA4]) == nil)
  }

  @Test("one that says so again and again is dialled once a second at most") func restless() throws {
    let manager = try managerWithYieldingLink()
    var now = 600 * seconds
    var link = old
    var next: UInt64 = 10
    var dials = 0
    for _ in 0..<1000 {
      now += 10 * milliseconds
      manager.advance(now: now)
      for attempt in commands(manager).dials {
        dials += 1
        manager.linkDown(link, nil, now: now)
        link = LinkHandle(rawValue: next)
        next += 1
        manager.linkUp(
          alice, link: link, attempt: attempt, transport: "htx", capabilities: PathCapabilities(), now: now)
        manager.linkChanged(link, capabilities: yielding, now: now)
      }
    }
    #expect((5...11).contains(dials), "\(dials) dials in 10 s")
  }
}
