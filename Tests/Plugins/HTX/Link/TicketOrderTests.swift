// SPDX-License-Identifier: Apache-2.0
import CMeshABI
import HTXTickets
import MeshCrypto
import MeshEventLoop
import MeshPluginHost
import Testing

/// Within the suite of dials to nobody, whose addresses these use.
extension DeadAddressTests {
  /// Tickets of several links at once are made on the host's pool; here it is busy, slow, or asked in vain.
  @Suite struct TicketOrderTests {
    private let key = TicketKey(secret: TicketKey.makeSecret(from: .seeded(1)))!

    private func address(_ silence: Silence) -> String {
      "htx://127.0.0.1:\(silence.port)/#ticket=\(key.publicKey.text)"
    }

    /// A node that dials some addresses in vain, so that further tickets are ordered.
    private func dialling(_ count: Int, _ silence: Silence, holdsPool: Bool) throws -> (LinkNode, InstanceID) {
      let node = try LinkNode(hasStreams: true)
      if holdsPool { node.holdPool() }
      let id = try node.start()
      for _ in 0..<count { _ = try node.host.connect(id, to: address(silence)) }
      return (node, id)
    }

    @Test("A link comes up, whether the pool makes its ticket or is busy", arguments: [false, true])
    func aLinkBesideOtherDials(holdsPool: Bool) throws {
      let silence = Silence()
      let (node, id) = try dialling(4, silence, holdsPool: holdsPool)
      let far = try QUICFarEnd(holding: -1)
      _ = try node.host.connect(id, to: far.address)
      #expect(try node.run(far) { node.isUp && far.reader.isOpen })
      node.releasePool()
      #expect(node.violations.isEmpty)
    }

    /// The pool may still be about to make a ticket; STOPPED comes when it is done with it.
    @Test func anInstanceHasStoppedWhenNobodyMakesTicketsForItAnyMore() throws {
      let silence = Silence()
      let (node, id) = try dialling(8, silence, holdsPool: true)
      for _ in 0..<20 { node.loop.runOnce(maxWait: 1_000_000) }
      try node.host.stop(id, deadline: node.loop.now + 8_000_000_000)
      #expect(node.run { node.endings.count == 8 })
      let end = node.loop.now
      #expect(node.run { node.loop.now > end + 100_000_000 })
      #expect(node.states.last != .stopped)
      node.releasePool()
      #expect(node.run { node.states.last == .stopped })
      #expect(node.violations.isEmpty && node.pool.inUse == 0)
    }

    /// Dials that were given up while their tickets were ordered; the next ones are as if they had not been.
    @Test func ticketsOfDialsThatWereGivenUpAreNobodys() throws {
      let silence = Silence()
      let (node, id) = try dialling(0, silence, holdsPool: true)
      let links = try (0..<8).map { _ in try node.host.connect(id, to: address(silence)) }
      for _ in 0..<20 { node.loop.runOnce(maxWait: 1_000_000) }
      for link in links { try node.host.disconnect(link, abort: true) }
      #expect(node.run { node.endings.count == 8 })
      _ = try node.host.connect(id, to: address(silence))
      let far = try QUICFarEnd(holding: -1)
      _ = try node.host.connect(id, to: far.address)
      node.releasePool()
      #expect(try node.run(far) { node.isUp && far.reader.isOpen })
      #expect(node.violations.isEmpty)
    }
  }
}
