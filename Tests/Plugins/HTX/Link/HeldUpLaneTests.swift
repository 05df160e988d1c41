// SPDX-License-Identifier: Apache-2.0
import CMeshABI
import MeshEventLoop
import MeshPluginHost
import Testing

@Suite struct HeldUpLaneTests {
  enum Path: CaseIterable, Sendable { case quic, tcp }

  private static let bulk = MESH_TCLASS_BULK
  private static let interactive = MESH_TCLASS_INTERACTIVE
  /// What an instance gives when nothing else is configured.
  private static let frames: UInt32 = 256
  private static let bytes: UInt64 = 4 << 20

  private func far(_ path: Path) throws -> any FarEnd {
    switch path {
    case .quic: try QUICFarEnd(holding: Int(Self.bulk))
    case .tcp: try TCPFarEnd(holding: Int(Self.bulk))
    }
  }

  /// Sends on the bulk lane, which nobody reads, until it takes no more.
  private func fillBulk(_ node: LinkNode, _ far: any FarEnd) throws -> Int {
    var sent = 0
    for _ in 0..<3 {
      while node.send(Self.bulk) { sent += 1 }
      try node.runUntilStill(far)
    }
    #expect(!node.send(Self.bulk))
    return sent
  }

  @Test(arguments: Path.allCases)
  func whileNobodyReadsTheBulkLaneTheInteractiveLaneHasCredit(_ path: Path) throws {
    let far = try far(path)
    let node = try LinkNode(hasStreams: true)
    try #require(try node.dial(far))
    #expect(node.lanes == [1, 2, 3, 4, 5])
    let bulk = try fillBulk(node, far)
    let windowed = far.reader.arrived[Int(Self.bulk)]
    // A lane that was widened before its client had the settings has what those add.
    #expect(windowed <= (4 << 20) + 65_536 && bulk * LinkNode.size > windowed)
    #expect(node.host.credit(of: node.link, lane: Self.interactive).bytes >= Self.bytes / 2)
    // More than a link holds as a whole, so that what was sent has come back as credit.
    var sent = 0
    #expect(
      try node.run(far) {
        while sent < 300, node.send(Self.interactive) { sent += 1 }
        return far.reader.arrived[Int(Self.interactive)] == 300 * (LinkNode.size + 2)
      })
    #expect(far.reader.arrived[Int(Self.bulk)] == windowed && node.endings.isEmpty)
    // What was given ahead of time is taken back.
    far.release(Int(Self.bulk))
    #expect(try node.run(far) { far.reader.arrived[Int(Self.bulk)] == bulk * (LinkNode.size + 2) })
    #expect(try node.run(far) { node.host.credit(of: node.link) == (Self.frames, Self.bytes) })
    #expect(node.host.credit(of: node.link, lane: Self.bulk) == (Self.frames, Self.bytes))
    #expect(node.pool.inUse == 0 && node.endings.isEmpty)
  }

  @Test(arguments: Path.allCases)
  func aHostWithoutTheExtensionHasOneCreditForAllLanes(_ path: Path) throws {
    let far = try far(path)
    let node = try LinkNode(hasStreams: false)
    try #require(try node.dial(far))
    #expect(node.lanes.isEmpty)
    let bulk = try fillBulk(node, far)
    #expect(!node.send(Self.interactive), "the bulk lane has all there is")
    far.release(Int(Self.bulk))
    #expect(try node.run(far) { far.reader.arrived[Int(Self.bulk)] == bulk * (LinkNode.size + 2) })
    #expect(try node.run(far) { node.host.credit(of: node.link) == (Self.frames, Self.bytes) })
  }
}
