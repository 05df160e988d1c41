// SPDX-License-Identifier: Apache-2.0
import MeshTransportManager
import Testing

@Suite struct EnergyTests {
  private let policy = TransportPolicy(
    transports: ["radio", "wire"].enumerated().map { index, name in
      TransportEntry(
        name: name, instance: index, priorityGroup: 1, schemes: [name],
        capabilities: PathCapabilities(energy: name == "radio" ? 2 : 0))
    })

  /// Both links are up; returns the transport that carries normal messages after `seconds`.
  private func chosen(_ radio: UInt64?, _ wire: UInt64?, radioFirst: Bool = true) -> String? {
    let manager = TransportManager(policy: policy, seed: 1)
    manager.setPeer(alice, addresses: [], dialsWin: true, now: 0)
    let names = radioFirst ? ["radio", "wire"] : ["wire", "radio"]
    for (place, name) in names.enumerated() {
      manager.linkUp(
        alice, link: LinkHandle(rawValue: UInt64(place)), attempt: nil, transport: name,
        capabilities: PathCapabilities(energy: name == "radio" ? 2 : 0), now: UInt64(place))
      if let rtt = name == "radio" ? radio : wire {
        manager.rttSample(LinkHandle(rawValue: UInt64(place)), rtt, now: UInt64(place))
      }
    }
    // Somebody asks again when the last switch is long ago.
    for place in 0..<2 as Range<UInt64> {
      if let rtt = (names[Int(place)] == "radio") ? radio : wire {
        manager.rttSample(LinkHandle(rawValue: place), rtt, now: 20 * seconds)
      }
    }
    return manager.link(for: alice, trafficClass: 3).map { names[Int($0.rawValue)] }
  }

  @Test("of two links that are alike the one that needs less energy carries the traffic", arguments: [true, false])
  func alike(radioFirst: Bool) {
    #expect(chosen(nil, nil, radioFirst: radioFirst) == "wire")
    #expect(chosen(30 * milliseconds, 30 * milliseconds, radioFirst: radioFirst) == "wire")
    #expect(chosen(28 * milliseconds, 33 * milliseconds, radioFirst: radioFirst) == "wire")
  }

  @Test("a link that is clearly faster wins whatever it costs", arguments: [true, false])
  func faster(radioFirst: Bool) {
    #expect(chosen(20 * milliseconds, 90 * milliseconds, radioFirst: radioFirst) == "radio")
  }

  @Test("of two paths that are alike the one that needs less energy is dialled first") func paths() {
    let world = World(policy: policy, seed: 2)
    let addresses = ["radio://1", "wire://1"].map { PeerAddress(uri: $0, source: .configuration) }
    world.manager.setPeer(alice, addresses: addresses, dialsWin: true, now: 0)
    world.manager.wants(alice, now: 0)
    let dialled = world.manager.takeCommands().compactMap { command -> String? in
      if case .dial(_, _, let transport, _, _, _) = command { transport } else { nil }
    }
    #expect(dialled == ["wire"])
  }
}
