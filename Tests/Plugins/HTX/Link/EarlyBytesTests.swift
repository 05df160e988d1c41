// SPDX-License-Identifier: Apache-2.0
import CMeshABI
import MeshEventLoop
import MeshPluginHost
import TestSupport
import Testing

/// Bytes of a lane that come before the last lane is open.
@Suite struct EarlyBytesTests {
  /// Packets behind their lengths, each of one byte's value, and padding among them.
  private func packets(_ lengths: [Int]) -> [UInt8] {
    var bytes: [UInt8] = []
    for (index, length) in lengths.enumerated() {
      if index % 3 == 0 { bytes += [0, 0, 0, 0] }
      bytes += [UInt8(length >> 8), UInt8(length & 0xFF)]
      bytes += [UInt8](repeating: UInt8(index % 255 + 1), count: length)
    }
    return bytes
  }

  @Test(arguments: [1, 2, 3, 700, 20_011, 60_000])
  func areDeliveredInFullOnceTheLinkIsUp(early: Int) throws {
    var random = SeededGenerator(UInt64(early))
    let lengths = (0..<200).map { _ in Int.random(in: 1...900, using: &random) }
    let site = try EarlySite(packets(lengths), early: early)
    defer { site.close() }
    let node = try LinkNode(hasStreams: true)
    let id = try node.start()
    _ = try node.host.connect(id, to: site.address)
    #expect(try node.run(site) { site.isAsked })
    try node.runUntilStill(site)
    #expect(!node.isUp && node.arrivals.isEmpty)
    site.answerLast()
    #expect(try node.run(site) { node.isUp })
    site.sayRest()
    #expect(try node.run(site) { node.arrivals.count == lengths.count || !node.endings.isEmpty })
    let isSame = node.arrivals.map(\.length) == lengths
    #expect(isSame, "\(node.arrivals.count) packets of \(lengths.count), \(node.endings)")
    #expect(node.arrivals.enumerated().allSatisfy { Int($1.first) == $0 % 255 + 1 && $1.lane == 0 })
    #expect(node.mixed == 0 && node.endings.isEmpty && node.violations.isEmpty)
    #expect(node.pool.inUse <= 32, "more than the plugin keeps at hand")
  }

  @Test func moreThanALinkMayBringEarlyEndsIt() throws {
    let site = try EarlySite(packets([Int](repeating: 900, count: 200)), early: 150_000)
    defer { site.close() }
    let node = try LinkNode(hasStreams: true)
    let id = try node.start()
    _ = try node.host.connect(id, to: site.address)
    #expect(try node.run(site) { !node.endings.isEmpty })
    #expect(node.endings.first?.contains("bytes before the link was up") == true)
    #expect(!node.isUp && node.pool.inUse == 0 && node.violations.isEmpty)
  }
}
