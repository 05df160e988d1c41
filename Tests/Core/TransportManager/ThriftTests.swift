// SPDX-License-Identifier: Apache-2.0
import MeshTransportManager
import Testing

@Suite struct ThriftTests {
  private static let metered: UInt32 = 0x40

  /// Two transports: `cell` is fast, metered and costly, `wire` is slow and costs nothing.
  private func policy(_ groups: (cell: Int, wire: Int) = (1, 1)) -> TransportPolicy {
    TransportPolicy(
      transports: ["cell", "wire"].enumerated().map { index, name in
        TransportEntry(
          name: name, instance: index, priorityGroup: name == "cell" ? groups.cell : groups.wire, schemes: [name],
          capabilities: capabilities(name))
      })
  }

  private func capabilities(_ name: String) -> PathCapabilities {
    name == "cell" ? PathCapabilities(flags: Self.metered, energy: 2) : PathCapabilities()
  }

  /// A manager with both links up, `cell` as number 0.
  private func manager(_ groups: (cell: Int, wire: Int) = (1, 1), isDialled: Bool = false) -> TransportManager {
    let manager = TransportManager(policy: policy(groups), seed: 1)
    manager.setPeer(alice, addresses: [], dialsWin: true, now: 0)
    if isDialled { manager.wants(alice, now: 0) }
    for (place, name) in ["cell", "wire"].enumerated() {
      let link = LinkHandle(rawValue: UInt64(place))
      manager.linkUp(
        alice, link: link, attempt: isDialled ? AttemptHandle(rawValue: UInt64(90 + place)) : nil, transport: name,
        capabilities: capabilities(name), now: UInt64(place))
      manager.rttSample(link, name == "cell" ? 10 * milliseconds : 90 * milliseconds, now: UInt64(place))
    }
    // Asked again when the last switch is long ago.
    manager.rttSample(LinkHandle(rawValue: 0), 10 * milliseconds, now: 10 * seconds)
    return manager
  }

  private func chosen(_ manager: TransportManager) -> UInt64? { manager.link(for: alice, trafficClass: 3)?.rawValue }

  @Test("what costs less carries the traffic while anything is to be saved", arguments: [Thrift.energy, .bytes])
  func saving(thrift: Thrift) {
    let manager = manager()
    #expect(chosen(manager) == 0)
    manager.setThrift(thrift, now: 20 * seconds)
    #expect(chosen(manager) == 1)
    manager.setThrift([], now: 60 * seconds)
    for link in 0..<2 as Range<UInt64> {
      manager.rttSample(
        LinkHandle(rawValue: link), link == 0 ? 10 * milliseconds : 90 * milliseconds, now: 61 * seconds)
    }
    #expect(chosen(manager) == 0)
  }

  @Test("a better priority group wins over thrift") func groups() {
    let manager = manager((cell: 1, wire: 2))
    manager.setThrift([.energy, .bytes], now: 20 * seconds)
    #expect(chosen(manager) == 0)
  }

  @Test("what costs less is dialled first") func paths() {
    let world = World(policy: policy(), seed: 2)
    world.manager.setThrift(.bytes, now: 0)
    let addresses = ["cell://1", "wire://1"].map { PeerAddress(uri: $0, source: .configuration) }
    world.manager.setPeer(alice, addresses: addresses, dialsWin: true, now: 0)
    world.manager.peerSeen(alice, transport: "cell", address: "cell://1", now: 0)
    world.manager.wants(alice, now: 0)
    let dialled = world.manager.takeCommands().compactMap { command -> String? in
      if case .dial(_, _, let transport, _, _, _) = command { transport } else { nil }
    }
    #expect(dialled.first == "wire")
  }

  @Test("no second link is kept warm while anything is to be saved") func standby() {
    let manager = manager(isDialled: true)
    manager.setThrift(.bytes, now: 20 * seconds)
    var closed: [UInt64] = []
    for second in 21..<200 as Range<UInt64> {
      manager.advance(now: second * seconds)
      for case .close(let link, _, _) in manager.takeCommands() { closed.append(link.rawValue) }
    }
    #expect(closed == [0])
  }
}
