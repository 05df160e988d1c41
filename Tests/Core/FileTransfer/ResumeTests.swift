// SPDX-License-Identifier: Apache-2.0
import Glibc
import MeshEventLoop
import MeshNode
import Testing

@testable import MeshFileTransfer

@Suite("A file that is cut off on its way")
struct ResumeTests {
  static let size = 12 << 20

  @Test("After a restart of the receiver only the rest is sent")
  func receiverRestarts() throws {
    let transfer = try Transfer()
    let content = TemporaryFolder.content(Self.size, seed: 7)
    transfer.send(transfer.source.write(content, to: "a"))
    #expect(transfer.reach(6 << 20))
    #expect(transfer.target.entries == [".a.part", ".a.part.id"])
    #expect(transfer.target.mode(".a.part") == 0o600)
    try transfer.restartReceiver()
    let outcome = try #require(transfer.finish())
    #expect(transfer.target.read("a") == content)
    #expect(transfer.target.entries == ["a"])
    #expect(outcome.retries >= 1)
    #expect(transfer.progress.contains { $0.state == .resuming })
    // What the new receiver got is what the old one had not stored.
    #expect(transfer.receiver.bytesReceived <= UInt64(Self.size) - 2 << 20)
    #expect(transfer.receiver.bytesReceived > 0)
  }

  @Test("After a restart of the sender the same file goes on where it stopped")
  func senderRestarts() throws {
    let transfer = try Transfer()
    let content = TemporaryFolder.content(Self.size, seed: 8)
    let path = transfer.source.write(content, to: "a")
    transfer.send(path)
    #expect(transfer.reach(6 << 20))
    let before = transfer.receiver.bytesReceived
    transfer.restartSender()
    transfer.send(path)
    let outcome = try #require(transfer.finish())
    #expect(transfer.target.read("a") == content)
    #expect(outcome.resumedAt >= 2 << 20)
    #expect(outcome.bytesSent == UInt64(Self.size) - outcome.resumedAt)
    #expect(before < UInt64(Self.size))
  }

  @Test("A peer that is removed while a file is on its way ends the transfer with an error")
  func peerRemoved() throws {
    let transfer = try Transfer()
    let path = transfer.source.write(TemporaryFolder.content(Self.size, seed: 11), to: "a")
    transfer.send(path)
    #expect(transfer.reach(4 << 20))
    transfer.pair.nodes[0].core.removePeer(transfer.pair.id(1), now: transfer.pair.loop.now)
    #expect(transfer.failure() == .unknownPeer(file: path))
  }

  @Test("A part with other content is noticed and sent anew")
  func damagedTail() throws {
    let transfer = try Transfer()
    let content = TemporaryFolder.content(Self.size, seed: 9)
    let path = transfer.source.write(content, to: "a")
    let file = transfer.send(path)
    #expect(transfer.reach(6 << 20))
    file.cancel()
    #expect(transfer.failure() == .cancelled(file: path))
    var part = try #require(transfer.target.read(".a.part"))
    part[part.count - 1] ^= 1
    transfer.target.write(part, to: ".a.part")
    transfer.send(path)
    let outcome = try #require(transfer.finish())
    #expect(outcome.resumedAt == 0)
    #expect(transfer.target.read("a") == content)
  }

  @Test("Damage far from the end of the part is found by the hash of the whole, and the file is sent anew")
  func damagedHead() throws {
    let transfer = try Transfer()
    let content = TemporaryFolder.content(Self.size, seed: 10)
    let path = transfer.source.write(content, to: "a")
    let file = transfer.send(path)
    #expect(transfer.reach(6 << 20))
    file.cancel()
    #expect(transfer.failure() != nil)
    var part = try #require(transfer.target.read(".a.part"))
    part[0] ^= 1
    transfer.target.write(part, to: ".a.part")
    transfer.send(path)
    let outcome = try #require(transfer.finish())
    #expect(outcome.retries == 1)
    #expect(outcome.bytesSent > UInt64(Self.size))
    #expect(transfer.target.read("a") == content)
    #expect(transfer.target.entries == ["a"])
  }

  @Test("Other content under the same name does not continue the part")
  func otherContent() throws {
    let transfer = try Transfer()
    let file = transfer.send(transfer.source.write(TemporaryFolder.content(Self.size, seed: 11), to: "a"))
    #expect(transfer.reach(6 << 20))
    file.cancel()
    #expect(transfer.failure() != nil)
    let other = TemporaryFolder.content(Self.size, seed: 12)
    transfer.send(transfer.source.write(other, to: "b"), name: "a")
    let outcome = try #require(transfer.finish())
    #expect(outcome.resumedAt == 0)
    #expect(transfer.target.read("a") == other)
  }

  @Test("A file that got its name without the sender hearing of it is done, not refused", arguments: [false, true])
  func unheard(force: Bool) throws {
    let transfer = try Transfer()
    let content = TemporaryFolder.content(3 << 20, seed: 13)
    let path = transfer.source.write(content, to: "a")
    transfer.send(path, force: force)
    #expect(transfer.pair.run { transfer.target.entries.contains("a") })
    #expect(!transfer.isOver)
    try transfer.restartReceiver()
    let outcome = try #require(transfer.finish())
    #expect(outcome.bytesSent == 3 << 20)
    #expect(transfer.target.entries == ["a"])
    #expect(transfer.target.read("a") == content)
  }

  @Test("Links that are cut at random still give an equal file", arguments: 1...4 as ClosedRange<UInt64>)
  func randomCuts(seed: UInt64) throws {
    let transfer = try Transfer()
    let content = TemporaryFolder.content(4 << 20, seed: seed)
    transfer.send(transfer.source.write(content, to: "a"))
    var state = seed
    var cuts = 0
    let ended = transfer.pair.run(steps: 20_000) {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      if cuts < 8, state >> 33 % 12 == 0 {
        cuts += 1
        transfer.pair.cutLinks()
      }
      return transfer.isOver
    }
    #expect(ended)
    #expect(cuts > 0)
    #expect(transfer.finish() != nil)
    #expect(transfer.target.read("a") == content)
  }
}
