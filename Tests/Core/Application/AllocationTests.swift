// SPDX-License-Identifier: Apache-2.0
import AllocationCount
import CApplication
import CMeshABI
import MeshApplication
import MeshControl
import MeshEventLoop
import MeshNode
import MeshTransportManager
import Testing

/// Counts events and remembers what has to be released; allocates nothing.
private final class CountingSink: EventSink {
  var messages = 0
  var credit: UInt64 = 0
  var held = [UInt64](repeating: 0, count: 4096)
  var heldCount = 0

  override func append(
    _ header: application_event, meta: UnsafeRawBufferPointer, data: UnsafeRawBufferPointer
  ) -> Bool {
    if header.kind == MESH_ON_MESSAGE {
      guard heldCount < held.count else { return false }
      held[heldCount] = header.id
      heldCount += 1
      messages += 1
    } else if header.kind == APP_ON_CREDIT {
      credit = header.value
    }
    return true
  }
}

private final class TurnHook: EventHandler {
  let port: ApplicationPort
  init(_ port: ApplicationPort) { self.port = port }
  override func turnEnded() { port.turnEnded() }
}

@Suite(.enabled(if: allocation_count_is_available() != 0)) struct AllocationTests {
  /// 64 commands in one buffer whose ids are set again for each use.
  private struct Batch {
    let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 * 128, alignment: 16)
    var count = 0

    mutating func add(_ kind: UInt32, id: UInt64, data: Int) {
      var header = application_command()
      header.kind = kind
      header.id = id
      header.len = UInt32(data)
      memory.storeBytes(of: header, toByteOffset: count, as: application_command.self)
      count += 64 + data
    }

    mutating func submit(to port: ApplicationPort) throws {
      let used = try port.submit(UnsafeRawBufferPointer(rebasing: memory[..<count]))
      #expect(used == count)
      count = 0
    }
  }

  @Test func `A message from command to event and back to credit allocates nothing`() throws {
    let town = try Town()
    let (a, b) = (try town.start("a"), try town.start("b"))
    try town.introduce(a, b)
    let server = ControlServer()
    let (sent, received) = (CountingSink(), CountingSink())
    let sender = ApplicationPort(node: a, sink: sent, name: "a", control: server, access: .admin)
    let receiver = ApplicationPort(node: b, sink: received, name: "b", control: server, access: .admin)
    for port in [sender, receiver] { town.loop.addHook(TurnHook(port)) }
    let (opening, serving) = (TestApplication(a), TestApplication(b))
    let name = opening.command(APP_PROTOCOL, data: Array("/test/1".utf8))
    let flow = name + opening.command(APP_FLOW, peer: opening.peer(b))
    let serve = name + serving.command(APP_SERVE, flags: MESH_SERVE_MESSAGES)
    _ = try flow.withUnsafeBytes { (bytes) throws(ApplicationFault) in try sender.submit(bytes) }
    _ = try serve.withUnsafeBytes { (bytes) throws(ApplicationFault) in try receiver.submit(bytes) }
    var batch = Batch()
    var id: UInt64 = 0
    /// Allocations of 100 rounds with so many messages in each: turns and packets are the same, whatever their number.
    func rounds(of count: Int) throws -> Int64 {
      var before: UInt64 = 0
      for round in 0..<150 {
        if round == 50 { before = allocation_count() }
        for _ in 0..<count {
          id += 1
          batch.add(APP_SEND, id: id, data: 8)
        }
        try batch.submit(to: sender)
        while received.heldCount < count { town.loop.runOnce(maxWait: 5_000_000) }
        for index in 0..<received.heldCount { batch.add(APP_RELEASE, id: received.held[index], data: 0) }
        received.heldCount = 0
        try batch.submit(to: receiver)
        while sent.credit < id * 72 { town.loop.runOnce(maxWait: 5_000_000) }
      }
      return Int64(allocation_count() - before)
    }
    let few = try rounds(of: 4)
    let many = try rounds(of: 64)
    #expect(many - few < 6000 / 4, "\(few) allocations for 400 messages, \(many) for 6,400")
    #expect(received.messages == 150 * 68)
    batch.memory.deallocate()
    for port in [sender, receiver, opening.port, serving.port] { port.close() }
  }
}
