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

  @Test("A call is told where to begin, granted credit, and answered when the file is on the receiver's disk")
  func call() throws {
    let transfer = try Transfer()
    let content = TemporaryFolder.content(200_000, seed: 31)
    let digest = content.withUnsafeBytes { ContentHash.hash($0) }
    let peer = transfer.pair.id(1)
    let copies = CopyService(
      sender: transfer.sender, resolve: { _ in peer }, path: { _, _ in (transport: "memory", reason: "only one") })
    let server = ControlServer()
    server.register(CopySendMethod.self) { copies.handle($0, $1) }
    let offer = CopyOffer(peer: "bob", fileName: "a", size: UInt64(content.count), digest: digest)
    let messages = try copy(offer, content, server, transfer)
    guard case .event(_, let first)? = messages.first(where: { if case .event = $0 { true } else { false } }) else {
      Issue.record("no event")
      return
    }
    #expect(messages.contains(.event(id: 1, CopyProgress(state: "ready", offset: 0, transport: "memory").cbor)))
    #expect(try CopyProgress(cbor: first).offset == 0)
    guard case .result(_, let result)? = messages.last else {
      Issue.record("no result: \(messages)")
      return
    }
    let outcome = try CopyOutcome(cbor: result)
    #expect(outcome.digest == digest)
    #expect(outcome.size == 200_000)
    #expect(outcome.fileName == "a")
    #expect(transfer.target.read("a") == content)
    guard case .failure(_, let error)? = try copy(offer, content, server, transfer).last else {
      Issue.record("not refused")
      return
    }
    #expect(error.name == "MESH_E_EXISTS")
  }

  private func copy(
    _ offer: CopyOffer, _ content: [UInt8], _ server: ControlServer, _ transfer: Transfer
  ) throws -> [ControlMessage] {
    let connection = server.open(
      access: .client, credentials: ControlCredentials(user: 1, group: 1, process: 1), now: 0)
    var codec = ControlCodec()
    var messages: [ControlMessage] = []
    var credit = 0
    var position = 0
    connection.receive(
      try ControlCodec.encode(.request(id: 1, method: "copy.send", params: offer.cbor)), now: 0)
    _ = transfer.pair.run {
      connection.output.withUnsafeBytes { codec.append($0) }
      connection.consumeOutput(connection.output.count, now: 0)
      while let message = try? codec.next() {
        messages.append(message)
        if case .credit(_, let bytes) = message { credit += Int(bytes) }
      }
      let count = min(credit, 65_000, content.count - position)
      if count > 0, let data = try? ControlCodec.encode(.data(id: 1, Array(content[position..<(position + count)]))) {
        connection.receive(data, now: 0)
        position += count
        credit -= count
      }
      switch messages.last {
      case .result, .failure: return true
      default: return false
      }
    }
    return messages
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
