// SPDX-License-Identifier: Apache-2.0
import CMeshABI
import Glibc
import HTXTickets
import MeshCrypto
import MeshEventLoop
import MeshPluginHost
import Testing

/// Addresses behind which nobody is. Sockets are counted, each time in a process that has none of other tests.
@Suite struct DeadAddressTests {

  private static func address(_ port: UInt16) throws -> String {
    let key = try #require(TicketKey(secret: TicketKey.makeSecret(from: .seeded(1))))
    return "htx://127.0.0.1:\(port)/#ticket=\(key.publicKey.text)"
  }

  /// Descriptors of this process that are sockets.
  private static func sockets() -> Int {
    (0..<4096).count { descriptor in
      var status = stat()
      return fstat(Int32(descriptor), &status) == 0 && status.st_mode & S_IFMT == S_IFSOCK
    }
  }

  @Test func whatIsDialledInVainLeavesNoSockets() async {
    await #expect(processExitsWith: .success) { try DeadAddressTests.dialInVain() }
  }

  private static func dialInVain() throws {
    let node = try LinkNode(hasStreams: true)
    let id = try node.start()
    var counts = [sockets()]
    for round in 1...2 {
      for _ in 0..<24 { _ = try node.host.connect(id, to: address(1)) }
      #expect(node.run { node.endings.count == 24 * round })
      counts.append(sockets())
    }
    // The instance keeps one to dial from over QUIC.
    #expect(counts[1] - counts[0] <= 2 && counts[2] == counts[1], "\(counts)")
    #expect(node.pool.inUse == 0 && node.violations.isEmpty)
  }

  /// An instance that is told to stop while it dials over QUIC and TCP says goodbye to each link once and is silent then.
  @Test func anInstanceThatStopsAmidDialsLeavesNothing() async {
    await #expect(processExitsWith: .success) { try DeadAddressTests.stopAmidDials() }
  }

  private static func stopAmidDials() throws {
    let silence = Silence()
    let node = try LinkNode(hasStreams: true)
    let id = try node.start()
    let before = sockets()
    for _ in 0..<16 { _ = try node.host.connect(id, to: address(silence.port)) }
    // Past the time at which TCP begins beside QUIC.
    let start = node.loop.now
    #expect(node.run { node.loop.now > start + 1_500_000_000 })
    #expect(sockets() - before > 8 && node.endings.isEmpty)
    try node.host.stop(id, deadline: node.loop.now + 5_000_000_000)
    #expect(node.run { node.states.last == .stopped })
    #expect(node.endings.count == 16 && sockets() == before)
    let end = node.loop.now
    #expect(node.run { node.loop.now > end + 500_000_000 })
    #expect(node.violations.isEmpty && node.endings.count == 16 && node.pool.inUse == 0)
  }
}
