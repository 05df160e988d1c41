// SPDX-License-Identifier: Apache-2.0
import BundleAgent
import BundleProtocol
import BundleStore
import CMeshABI
import Glibc
import Testing

/// Who sends faster than the disk writes has to wait.
@Suite struct BackpressureTests {
  private func bundle(_ sequence: UInt64, size: Int = 1000) -> Bundle {
    Bundle(
      primary: PrimaryBlock(
        destination: .dtn("//farther/y"), source: .dtn("//far/x"),
        timestamp: CreationTimestamp(time: 799_999_999_000, sequence: sequence), lifetime: 3_600_000),
      payload: [UInt8](repeating: 1, count: size))
  }

  private func make(_ folder: Folder) throws -> AgentNode {
    var settings = AgentSettings()
    settings.unwrittenBytes = 20_000
    return try AgentNode(1, store: BundleStore(folder: folder.path), settings: settings)
  }

  @Test func aPeerThatIgnoresTheWindowIsNotReadUntilTheDiskHasCaughtUp() throws {
    let folder = Folder()
    let (node, peer) = (try make(folder), try AgentNode(2))
    node.agent.came(peer.key)
    var sent: UInt64 = 0
    // Nothing is collected without a turn.
    while sent < 100, node.hear(NeighbourMessage.bundle(number: sent + 1, bundle(sent).encoded).encoded, from: peer) {
      sent += 1
    }
    #expect((15...25).contains(sent))
    #expect(node.agent.bundleCount == sent)
    #expect(node.resumed.isEmpty)
    let end = time(nil) + 60
    while node.resumed.isEmpty, time(nil) < end {
      _ = node.agent.turn()
      usleep(1000)
    }
    #expect(node.resumed == [peer.key])
    #expect(node.hear(NeighbourMessage.bundle(number: sent + 1, bundle(sent).encoded).encoded, from: peer))
    #expect(node.agent.bundleCount == sent + 1)
  }

  @Test func aConnectionThatIgnoresTheWindowIsToldThatThereIsNoRoomNow() throws {
    let folder = Folder()
    let node = try make(folder)
    let connection: [UInt8] = [0, 0, 0, 1]
    node.agent.came(connection, node: .dtn("//far/"), isNeighbour: true, isTrusted: true)
    for number in 1...100 as ClosedRange<UInt64> {
      node.agent.arrived(bundle(number).encoded, number: number, over: connection)
    }
    #expect(node.agent.bundleCount < 50)
    #expect(node.transfers.map(\.message).contains(.refused(number: 100, .noResources)))
    // It is told when there is room, though nothing has gone from the store.
    let end = time(nil) + 60
    while !node.transfers.map(\.message).contains(.room), time(nil) < end {
      node.bundleTime += 1000
      _ = node.agent.turn()
      usleep(1000)
    }
    #expect(node.transfers.map(\.message).contains(.room))
  }

  @Test func aPeerThatTakesNoAnswersIsNotRead() throws {
    let (node, peer) = (try AgentNode(1), try AgentNode(2))
    node.agent.came(peer.key)
    node.hasRoom = false
    let message = NeighbourMessage.bundle(number: 1, [1, 2, 3]).encoded
    var count = 0
    while count < 100_000, node.hear(message, from: peer) { count += 1 }
    #expect(count < 10_000)
    #expect(node.hear(message, from: try AgentNode(3)), "others are read")
    node.hasRoom = true
    _ = node.agent.turn()
    #expect(node.resumed == [peer.key])
  }
}
