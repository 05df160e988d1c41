// SPDX-License-Identifier: Apache-2.0
import MeshCrypto
import MeshMultiplexer
import MeshNode
import MeshSession
import MeshWire
import Testing

@Suite struct LaneTests {
  private func start(_ town: Town, _ name: String) throws -> Node {
    let address = "loopback:\(town.folder.split(separator: "/").last ?? "town")-\(name)"
    return try town.start(
      town.configuration(name, transports: ["first: { plugin: loopback, listen: [\"\(address)\"] }"]))
  }

  @Test func `A transport that opens lanes has one for each class, and what goes there arrives`() throws {
    let town = try Town()
    let (a, b) = (try start(town, "a"), try start(town, "b"))
    let (atA, atB) = (Mailbox(), Mailbox())
    try a.core.serve("/test/1", with: atA)
    try b.core.serve("/test/1", with: atB)
    try town.introduce(a, b)
    func openLanes(_ node: Node) -> [LaneSet] {
      node.core.peers.values.flatMap { $0.links.map(\.characteristics.openLanes) }
    }
    let six = LaneSet(rawValue: 0x3f)
    try town.wait("all lanes are open") { openLanes(a) == [six] && openLanes(b) == [six] }
    var delivered = 0
    for number in 0..<60 {
      let trafficClass = TrafficClass.allCases[1 + number % 5]
      let body = [UInt8](repeating: UInt8(0x61 + number % 26), count: 20_000)
      try a.send(body, to: b.identity.id, protocol: "/test/1", trafficClass: trafficClass) {
        delivered += $0 == .delivered ? 1 : 0
      }
      try b.send(body, to: a.identity.id, protocol: "/test/1", trafficClass: trafficClass) {
        delivered += $0 == .delivered ? 1 : 0
      }
    }
    try town.wait("all are delivered") { delivered == 120 }
    #expect(atA.messages.count == 60 && atB.messages.count == 60)
    #expect(a.connectedPeers == 1 && b.connectedPeers == 1)
  }
}
