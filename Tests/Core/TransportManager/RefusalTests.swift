// SPDX-License-Identifier: Apache-2.0
import MeshTransportManager
import Testing

@Suite struct RefusalTests {
  /// Both operators add each other, one after the other: the first dial is refused.
  @Test func aPeerThatRefusedUsIsDialledAgainAsSoonAsItComesIn() throws {
    let second: UInt64 = 1_000_000_000
    let entries = [
      TransportEntry(name: "best", instance: 0, priorityGroup: 1, schemes: ["best"]),
      TransportEntry(name: "other", instance: 1, priorityGroup: 2, schemes: ["other"]),
    ]
    let manager = TransportManager(policy: TransportPolicy(transports: entries), seed: 1)
    let peer = PeerHandle(rawValue: 1)
    _ = manager.setPeer(
      peer, addresses: [PeerAddress(uri: "best://a", source: .configuration)], dialsWin: true, now: second)
    manager.wants(peer, now: second)
    var dialled: AttemptHandle?
    for command in manager.takeCommands() {
      if case .dial(_, let attempt, _, _, _, _) = command { dialled = attempt }
    }
    let refusal = PathFailure(code: -14, kind: .auth, stage: .refused, text: "not on the access list")
    manager.attemptFailed(try #require(dialled), refusal, now: 2 * second)
    _ = manager.takeCommands()
    manager.linkUp(
      peer, link: LinkHandle(rawValue: 7), attempt: nil, transport: "other", capabilities: PathCapabilities(),
      now: 3 * second)
    var again = false
    var now = 3 * second
    while now < 60 * second, !again {
      for command in manager.takeCommands() {
        if case .dial(_, _, "best", _, _, _) = command { again = true }
      }
      now += second
      manager.advance(now: now)
    }
    #expect(again, "the better transport was left alone although the peer lets us in")
  }

  /// Only one side can dial, and it was introduced first: nobody comes in who would tell it that it is welcome now.
  @Test func aPeerWhoseAccessListHasNotUsIsAskedAgainWithinSecondsAndLaterWithinMinutes() {
    var (manager, peer, attempts) = dialling()
    var now = Self.second
    var dials: [UInt64] = []
    while now < 3600 * Self.second {
      for attempt in attempts {
        dials.append(now)
        manager.attemptFailed(attempt, Self.notAdmitted, now: now)
      }
      now = max(now + 1, manager.nextDeadline ?? .max)
      manager.advance(now: now)
      attempts = Self.attempts(of: manager)
    }
    let waits = zip(dials.dropFirst(), dials).map { $0 - $1 }
    #expect((waits.first ?? .max) < 10 * Self.second)
    #expect((waits.max() ?? .max) < 12 * 60 * Self.second)
    #expect(dials.count < 30, "a stranger that knocks all the time: \(dials.count)")
    for attempt in attempts { manager.attemptFailed(attempt, Self.notAdmitted, now: now) }
    #expect(manager.why(peer, now: now)?.reason.contains("access list") == true)
  }

  @Test func whoeverIsNotAdmittedAfterFailedHandshakesIsAskedAgainWithinSeconds() {
    var (manager, peer, attempts) = dialling()
    let handshake = PathFailure(code: -14, kind: .auth, stage: .handshake, text: "the handshake failed")
    var now = Self.second
    for _ in 0..<2 {
      for attempt in attempts { manager.attemptFailed(attempt, handshake, now: now) }
      // The wait is lifted by hand; what is counted of the path stays.
      now += Self.second
      manager.tryAgain(peer, now: now)
      attempts = Self.attempts(of: manager)
    }
    #expect(attempts.count == 1)
    for attempt in attempts { manager.attemptFailed(attempt, Self.notAdmitted, now: now) }
    let refusedAt = now
    now = max(now + 1, manager.nextDeadline ?? .max)
    manager.advance(now: now)
    #expect(Self.attempts(of: manager).count == 1)
    #expect(now < refusedAt + 10 * Self.second)
  }

  @Test func whoIsIntroducedAgainIsDialledAtOnceThoughTheBreakerIsOpen() {
    var (manager, peer, attempts) = dialling()
    var now = Self.second
    for _ in 0..<6 {
      for attempt in attempts { manager.attemptFailed(attempt, Self.notAdmitted, now: now) }
      now = max(now + 1, manager.nextDeadline ?? .max)
      manager.advance(now: now)
      attempts = Self.attempts(of: manager)
    }
    for attempt in attempts { manager.attemptFailed(attempt, Self.notAdmitted, now: now) }
    #expect(Self.attempts(of: manager).isEmpty)
    manager.tryAgain(peer, now: now + 1)
    #expect(Self.attempts(of: manager).count == 1)
  }

  private static let second: UInt64 = 1_000_000_000
  private static let notAdmitted = PathFailure(
    code: -14, kind: .auth, stage: .notAdmitted, text: "not on the access list")

  private func dialling() -> (TransportManager, PeerHandle, [AttemptHandle]) {
    let entry = TransportEntry(name: "best", instance: 0, priorityGroup: 1, schemes: ["best"])
    let manager = TransportManager(policy: TransportPolicy(transports: [entry]), seed: 1)
    let peer = PeerHandle(rawValue: 1)
    _ = manager.setPeer(
      peer, addresses: [PeerAddress(uri: "best://a", source: .configuration)], dialsWin: true, now: Self.second)
    manager.wants(peer, now: Self.second)
    return (manager, peer, Self.attempts(of: manager))
  }

  private static func attempts(of manager: TransportManager) -> [AttemptHandle] {
    manager.takeCommands().compactMap { if case .dial(_, let attempt, _, _, _, _) = $0 { attempt } else { nil } }
  }
}
