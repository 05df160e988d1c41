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
}
