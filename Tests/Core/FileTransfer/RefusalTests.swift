// SPDX-License-Identifier: Apache-2.0
import Glibc
import MeshEventLoop
import MeshMultiplexer
import MeshNode
import MeshSession
import MeshWire
import Testing

@testable import MeshFileTransfer

@Suite("Files that a receiver does not take")
struct RefusalTests {
  @Test(
    "Names that lead elsewhere, hide, or fool a terminal are refused by the receiver itself",
    arguments: ["../x", "/x", ".x", "a/b", "", "..", "a\u{1B}[2Jb", "a\nb", String(repeating: "n", count: 201)])
  func names(name: String) throws {
    let transfer = try Transfer()
    let offer = FileOffer(
      name: name, size: 1, modified: nil, transferID: [UInt8](repeating: 1, count: 16), force: true)
    let client = RawClient()
    let preamble = StreamPreamble(
      kind: .bytes, trafficClass: .bulk, name: FileTransferProtocol.name, metadata: offer.encode())
    _ = try transfer.pair.nodes[0].core.open(
      preamble, to: transfer.pair.id(1), handler: client, now: transfer.pair.loop.now)
    #expect(transfer.pair.run { !client.answers.isEmpty })
    guard case .refuse(let refusal)? = client.answers.first else {
      Issue.record("'\(name)' was not refused")
      return
    }
    #expect(refusal.code == .badName)
    #expect(transfer.target.entries.isEmpty)
  }

  @Test("A link planted in the place of the part is not followed")
  func plantedLink() throws {
    let transfer = try Transfer()
    let victim = transfer.source.write([9, 9, 9], to: "victim")
    #expect(symlink(victim, transfer.target.file(".a.part")) == 0)
    #expect(symlink(victim, transfer.target.file(".a.part.id")) == 0)
    #expect(symlink(victim, transfer.target.file("a")) == 0)
    let path = transfer.source.write([1, 2], to: "a")
    transfer.send(path)
    #expect(transfer.failure() != nil)
    transfer.send(path, force: true)
    #expect(transfer.finish() != nil)
    #expect(transfer.source.read("victim") == [9, 9, 9])
    #expect(transfer.target.read("a") == [1, 2])
  }

  @Test("A folder of that name is not replaced")
  func folder() throws {
    let transfer = try Transfer()
    mkdir(transfer.target.file("a"), 0o700)
    transfer.send(transfer.source.write([1], to: "a"), force: true)
    guard case .refused(_, let refusal)? = transfer.failure() else {
      Issue.record("not refused")
      return
    }
    #expect(refusal.code == .storage)
    #expect(transfer.target.entries == ["a"])
  }

  @Test("A peer that is not allowed learns so")
  func notAllowed() throws {
    let transfer = try Transfer()
    transfer.allow = { _ in false }
    try transfer.replaceReceiver()
    let path = transfer.source.write([1], to: "a")
    transfer.send(path)
    #expect(transfer.failure() == .closed(file: path, code: StreamCode.notAllowed))
    #expect(transfer.target.entries.isEmpty)
  }

  @Test("A file over the limit is refused before anything is written")
  func tooLarge() throws {
    var options = FileReceiverOptions()
    options.maximumSize = 10
    let transfer = try Transfer(options: options)
    transfer.send(transfer.source.write([UInt8](repeating: 0, count: 11), to: "a"))
    guard case .refused(_, let refusal)? = transfer.failure() else {
      Issue.record("not refused")
      return
    }
    #expect(refusal.code == .tooLarge)
    #expect(transfer.target.entries.isEmpty)
  }

  @Test("A file that the disk has no room for is refused before anything is written")
  func noRoom() throws {
    var options = FileReceiverOptions()
    options.reservedSpace = .max / 2
    let transfer = try Transfer(options: options)
    transfer.send(transfer.source.write([1], to: "a"))
    guard case .refused(_, let refusal)? = transfer.failure() else {
      Issue.record("not refused")
      return
    }
    #expect(refusal.code == .noSpace)
    #expect(transfer.target.entries.isEmpty)
  }

  @Test("A disk that fills up gives a clear error and no file; with space again the rest follows")
  func diskFull() throws {
    let transfer = try Transfer { descriptor, bytes, count, offset in
      guard offset + off_t(count) <= 3 << 20 else {
        errno = ENOSPC
        return -1
      }
      return pwrite(descriptor, bytes, count, offset)
    }
    let content = TemporaryFolder.content(9 << 20, seed: 20)
    let path = transfer.source.write(content, to: "a")
    transfer.send(path)
    guard case .refused(let file, let refusal)? = transfer.failure() else {
      Issue.record("not refused")
      return
    }
    #expect(file == path)
    #expect(refusal.code == .noSpace)
    #expect(!transfer.target.entries.contains("a"))
    transfer.write = nil
    try transfer.replaceReceiver()
    transfer.send(path)
    let outcome = try #require(transfer.finish())
    #expect(outcome.resumedAt >= 2 << 20)
    #expect(transfer.target.read("a") == content)
  }

  @Test("A transfer without progress is cut off and its part stays")
  func idle() throws {
    var options = FileReceiverOptions()
    options.idleTimeout = 2_000_000_000
    let transfer = try Transfer(options: options)
    let client = RawClient()
    let offer = FileOffer(name: "a", size: 9, modified: nil, transferID: [UInt8](repeating: 1, count: 16), force: false)
    let preamble = StreamPreamble(
      kind: .bytes, trafficClass: .bulk, name: FileTransferProtocol.name, metadata: offer.encode())
    _ = try transfer.pair.nodes[0].core.open(
      preamble, to: transfer.pair.id(1), handler: client, now: transfer.pair.loop.now)
    #expect(transfer.pair.run { client.code != nil })
    #expect(client.code == FileTransferProtocol.idleCode)
    #expect(transfer.target.entries == [".a.part", ".a.part.id"])
    #expect(transfer.receiver.activeTransfers == 0)
  }

  @Test("Parts that nobody continued for a week are removed, other files never")
  func cleaning() throws {
    let folder = TemporaryFolder()
    for name in [".old.part", ".old.part.id", ".new.part", ".hidden", "old.part"] { folder.write([1], to: name) }
    let past = time(nil) - 8 * 24 * 3600
    for name in [".old.part", ".old.part.id", ".hidden", "old.part"] {
      let times = [timeval(tv_sec: past, tv_usec: 0), timeval(tv_sec: past, tv_usec: 0)]
      utimes(folder.file(name), times)
    }
    let transfers = try #require(TransferFolder(path: folder.path, options: FileReceiverOptions()))
    transfers.clean(now: Int64(time(nil)), except: ["old"])
    #expect(folder.entries.count == 5)
    transfers.clean(now: Int64(time(nil)), except: [])
    #expect(folder.entries == [".hidden", ".new.part", "old.part"])
  }
}

/// Opens streams of the protocol and does nothing else.
private final class RawClient: StreamHandler {
  var answers: [FileAnswer] = []
  var code: UInt64?
  private var reader = FileAnswerReader()

  override func received(
    _ bytes: UnsafeRawBufferPointer, on stream: StreamReference, of multiplexer: Multiplexer
  ) -> Int {
    answers += reader.read(bytes) ?? []
    return bytes.count
  }

  override func ended(_ stream: StreamReference, code: UInt64?, of multiplexer: Multiplexer) {
    self.code = code ?? .max
  }
}
