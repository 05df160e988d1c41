// SPDX-License-Identifier: Apache-2.0
import MeshControl
import MeshCopyService
import MeshEventLoop
import MeshWire
import Testing

@testable import MeshFileTransfer

@Suite("A client of the daemon that copies a file")
struct CopyServiceTests {
  @Test("Content that is pushed survives a restart of the receiver without being asked for twice")
  func pushed() throws {
    let transfer = try Transfer()
    let content = TemporaryFolder.content(10_000_000, seed: 30)
    let digest = content.withUnsafeBytes { ContentHash.hash($0) }
    let source = PushedBytes(label: "a", size: UInt64(content.count), digest: digest, window: 4 << 20)
    var credit = 0
    var position = 0
    source.onStart = { position = Int($0) }
    source.onRoom = { credit += Int($0) }
    var outcome: FileOutcome?
    transfer.sender.send(source, to: transfer.pair.id(1), name: "a", force: false) { progress in
      if case .done(let result) = progress.state { outcome = result }
    }
    func push() {
      let count = min(credit, 65_536, content.count - position)
      if count > 0, source.push(Array(content[position..<(position + count)])) {
        position += count
        credit -= count
      }
    }
    #expect(
      transfer.pair.run {
        push()
        return transfer.receiver.bytesReceived > 5_000_000
      })
    try transfer.restartReceiver()
    #expect(
      transfer.pair.run {
        push()
        return outcome != nil
      })
    #expect(outcome?.digest == digest)
    #expect(position == content.count)
    #expect(transfer.target.read("a") == content)
  }

  @Test("More than was granted is not taken, and an early end is an error")
  func bounds() {
    let source = PushedBytes(label: "a", size: 100, digest: [UInt8](repeating: 0, count: 32), window: 16)
    #expect(!source.push([1]))
    var granted: UInt64 = 0
    source.onRoom = { granted += $0 }
    source.seek(to: 0, tail: []) { _ in }
    #expect(granted == 16)
    #expect(source.push([UInt8](repeating: 1, count: 16)))
    #expect(!source.push([1]))
    source.finish()
    #expect(source.failure == .changed(file: "a"))
  }
}
