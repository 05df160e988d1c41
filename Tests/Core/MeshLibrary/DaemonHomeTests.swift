// SPDX-License-Identifier: Apache-2.0
import CApplication
import CMeshABI
import Glibc
import MeshApplication
import MeshControl
import Synchronization
import Testing

@testable import MeshLibrary

@Suite struct DaemonHomeTests {
  private static let limit: UInt64 = 4096

  private func attach(to daemon: FakeDaemon) throws -> DaemonHome {
    try daemon.letIn()
    let home = try DaemonHome(
      places: [daemon.path], application: "test", eventBytes: Self.limit, timeout: 5_000_000_000)
    daemon.await()
    return home
  }

  private func write(
    _ home: DaemonHome, _ kind: UInt32, id: UInt64, flags: UInt32 = 0, peer: UInt64 = 0, data: [UInt8] = []
  ) throws {
    var command = application_command()
    command.kind = kind
    command.id = id
    command.flags = flags
    command.peer = peer
    command.len = UInt32(data.count)
    let total = (64 + data.count + 7) & ~7
    let record = try #require(home.commands.reserve(total))
    record.storeBytes(of: command, as: application_command.self)
    for (index, byte) in data.enumerated() { record.storeBytes(of: byte, toByteOffset: 64 + index, as: UInt8.self) }
    home.commands.commit(total)
  }

  /// Numbers and kinds of the events that wait, which are read.
  private func read(_ home: DaemonHome) -> [(kind: UInt32, id: UInt64, code: Int32)] {
    var found: [(UInt32, UInt64, Int32)] = []
    let queue = home.writer.events
    while true {
      let bytes = queue.readable()
      guard bytes.count > 0 else { break }
      var at = 0
      while at < bytes.count {
        let header = bytes.load(fromByteOffset: at, as: application_event.self)
        found.append((header.kind, header.id, header.code))
        at += recordLength(meta: Int(header.meta_len), data: Int(header.len))
      }
      queue.advance(at)
    }
    queue.giveBack()
    home.writer.isFull.store(false, ordering: .sequentiallyConsistent)
    home.isResumeWanted.store(true, ordering: .sequentiallyConsistent)
    return found
  }

  private func turn(_ home: DaemonHome, until condition: () -> Bool) {
    let end = time(nil) + 60
    while !condition(), time(nil) < end { home.turn(maxWait: 2_000_000) }
  }

  /// Protocol 0, flow 0 and messages, which the daemon has taken.
  private func begin(_ home: DaemonHome, _ daemon: FakeDaemon, messages: [(id: UInt64, flags: UInt32)]) throws {
    try write(home, APP_PROTOCOL, id: 0, data: Array("/test/1".utf8))
    try write(home, APP_FLOW, id: 0, peer: 5)
    _ = home.numbers.learn(5, [UInt8](repeating: 9, count: 32))
    for message in messages { try write(home, APP_SEND, id: message.id, flags: message.flags, data: [1, 2, 3]) }
    home.turn(maxWait: 0)
    let sent = daemon.commands().filter { $0.kind == APP_SEND }
    #expect(sent.map(\.id) == messages.map(\.id))
    #expect(sent.allSatisfy { $0.flags & APP_FLAG_KEPT != 0 })
  }

  @Test func `A delivery that nobody asked about is not told, also after the queue of events was full`() throws {
    let daemon = try FakeDaemon()
    let home = try attach(to: daemon)
    try begin(home, daemon, messages: [(1, 0), (2, 0), (3, APP_FLAG_TELL_SETTLED)])
    daemon.tell(MESH_ON_LOG, id: 0, data: [UInt8](repeating: 1, count: 4000))
    daemon.tell(MESH_ON_LOG, id: 0, data: [UInt8](repeating: 1, count: 2000))
    daemon.tell(MESH_ON_SETTLED, id: 2)
    daemon.tell(MESH_ON_SETTLED, id: 3)
    turn(home) { home.isInputBlocked }
    #expect(home.declared.flows[0].retained.contains(2))
    var seen: [(kind: UInt32, id: UInt64, code: Int32)] = []
    turn(home) {
      seen += read(home)
      return seen.contains { $0.kind == MESH_ON_SETTLED }
    }
    home.turn(maxWait: 0)
    seen += read(home)
    #expect(seen.filter { $0.kind == MESH_ON_SETTLED }.map(\.id) == [3])
    #expect(home.declared.flows[0].retained.contains(1))
    daemon.tell(APP_ON_CREDIT, id: 0, token: 3, value: 67 * 3)
    turn(home) { !home.declared.flows[0].retained.contains(1) }
    #expect(!home.declared.flows[0].retained.contains(1))
    home.finish(within: 0)
  }

  @Test func `What found no room and was lost with the daemon is asked of the next one`() throws {
    let daemon = try FakeDaemon()
    let home = try attach(to: daemon)
    try begin(home, daemon, messages: [(1, APP_FLAG_TELL_SETTLED)])
    daemon.tell(MESH_ON_LOG, id: 0, data: [UInt8](repeating: 1, count: 4096))
    daemon.tell(MESH_ON_SETTLED, id: 1)
    turn(home) { home.isInputBlocked }
    daemon.hangUp()
    try daemon.letIn()
    // A write finds out; the input is full of what nobody reads.
    try write(home, APP_HINT, id: 1)
    turn(home) { if case .resolving = home.phase { true } else { false } }
    daemon.await()
    #expect(home.declared.flows[0].retained.contains(1))
    #expect(home.epoch == 1)
    home.finish(within: 0)
  }

  @Test func `A socket that a killed daemon has left does not hide the next place`() throws {
    let daemon = try FakeDaemon()
    let left = daemon.path + ".left"
    close(try ControlSocket.listen(left, mode: 0o600))
    defer { unlink(left) }
    try daemon.letIn()
    let home = try DaemonHome(
      places: ["/nowhere/client.sock", left, daemon.path], application: "test", eventBytes: Self.limit,
      timeout: 5_000_000_000)
    daemon.await()
    #expect(home.path == daemon.path)
    home.finish(within: 0)
    let error = #expect(throws: LibraryError.self) {
      _ = try DaemonHome(
        places: [left, "/nowhere/client.sock"], application: "test", eventBytes: Self.limit, timeout: 5_000_000_000)
    }
    #expect(error?.code == Int32(MESH_E_NOTFOUND))
    #expect(error?.sentence.contains(left) == true)
  }
}
