// SPDX-License-Identifier: Apache-2.0
import MeshMultiplexer
import Testing

@testable import MeshFileTransfer

@Suite("A file that goes through in one piece")
struct WholeFileTests {
  @Test("A whole file arrives with the same content, for its owner alone, and nothing else is left")
  func whole() throws {
    let transfer = try Transfer()
    let content = TemporaryFolder.content(5_000_001, seed: 1)
    transfer.send(transfer.source.write(content, to: "photo.jpg"))
    let outcome = try #require(transfer.finish())
    #expect(transfer.target.entries == ["photo.jpg"])
    #expect(transfer.target.read("photo.jpg") == content)
    #expect(transfer.target.mode("photo.jpg") == 0o600)
    #expect(outcome.digest == content.withUnsafeBytes { ContentHash.hash($0) })
    #expect(outcome.size == 5_000_001)
    #expect(outcome.bytesSent == 5_000_001)
    #expect(outcome.resumedAt == 0)
    #expect(transfer.receiver.filesReceived == 1)
  }

  @Test("Sizes around a block arrive", arguments: [0, 1, (1 << 20) - 1, 1 << 20, (1 << 20) + 1])
  func sizes(size: Int) throws {
    let transfer = try Transfer()
    let content = TemporaryFolder.content(size, seed: UInt64(size))
    transfer.send(transfer.source.write(content, to: "a"), name: "b")
    let outcome = try #require(transfer.finish())
    #expect(outcome.size == UInt64(size))
    #expect(transfer.target.entries == ["b"])
    #expect(transfer.target.read("b") == content)
  }

  @Test("Progress only grows and goes from waiting over sending to done")
  func progress() throws {
    let transfer = try Transfer()
    transfer.send(transfer.source.write(TemporaryFolder.content(9_000_000, seed: 3), to: "a"))
    #expect(transfer.finish() != nil)
    let done = transfer.progress.map(\.done)
    #expect(done == done.sorted())
    #expect(done.last == 9_000_000)
    #expect(transfer.progress.first?.state == .waiting)
    #expect(transfer.progress.contains { $0.state == .sending })
  }

  @Test("An existing file is refused without force, unchanged, and replaced with force")
  func exists() throws {
    let transfer = try Transfer()
    transfer.target.write([1, 2, 3], to: "a")
    let path = transfer.source.write([4, 5], to: "a")
    transfer.send(path)
    guard case .refused(let file, let refusal)? = transfer.failure() else {
      Issue.record("not refused")
      return
    }
    #expect(refusal.code == .exists)
    #expect(file == path)
    #expect(transfer.target.read("a") == [1, 2, 3])
    #expect(transfer.target.entries == ["a"])
    transfer.send(path, force: true)
    #expect(transfer.finish() != nil)
    #expect(transfer.target.read("a") == [4, 5])
    #expect(transfer.target.entries == ["a"])
  }

  @Test("The same file again is refused too")
  func again() throws {
    let transfer = try Transfer()
    let path = transfer.source.write([4, 5], to: "a")
    transfer.send(path)
    #expect(transfer.finish() != nil)
    transfer.send(path)
    guard case .refused(_, let refusal)? = transfer.failure() else {
      Issue.record("not refused")
      return
    }
    #expect(refusal.code == .exists)
  }

  @Test("Two files at once both arrive")
  func two() throws {
    let transfer = try Transfer()
    let first = TemporaryFolder.content(2_500_000, seed: 5)
    let second = TemporaryFolder.content(2_500_000, seed: 6)
    transfer.send(transfer.source.write(first, to: "a"))
    transfer.sender.send(transfer.source.write(second, to: "b"), to: transfer.pair.id(1)) { _ in }
    #expect(transfer.pair.run { transfer.receiver.filesReceived == 2 })
    #expect(transfer.target.read("a") == first)
    #expect(transfer.target.read("b") == second)
  }

  @Test("A file that cannot be read is an error that names it")
  func missing() throws {
    let transfer = try Transfer()
    transfer.send(transfer.source.file("nothing"))
    guard case .unreadable(let file, _)? = transfer.failure() else {
      Issue.record("not an error")
      return
    }
    #expect(file == transfer.source.file("nothing"))
  }
}
