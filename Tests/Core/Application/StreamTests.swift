// SPDX-License-Identifier: Apache-2.0
import CApplication
import CMeshABI
import MeshApplication
import MeshNode
import Testing

@Suite struct PortStreamTests {
  private func pair(sinkLimit: Int = 1 << 20) throws -> (Town, TestApplication, TestApplication) {
    let town = try Town()
    let (a, b) = (try town.start("a"), try town.start("b"))
    try town.introduce(a, b)
    let (opener, server) = (TestApplication(a), TestApplication(b, sinkLimit: sinkLimit))
    try server.serve("/test/1")
    try opener.open("/test/1", to: b)
    return (town, opener, server)
  }

  private func open(_ opener: TestApplication, _ server: TestApplication) throws {
    try opener.submit(
      opener.command(APP_STREAM_OPEN, id: 1, token: 9, peer: opener.peer(server.node), meta: Array("hi".utf8)))
  }

  @Test func `Bytes go both ways, and a reader that releases nothing holds the writer up`() throws {
    let (town, opener, server) = try pair(sinkLimit: 60_000)
    try open(opener, server)
    let piece = (0..<60_000).map { UInt8(truncatingIfNeeded: $0 &* 7) }
    for _ in 0..<50 { try opener.submit(opener.command(APP_STREAM_DATA, id: 1, data: piece)) }
    try opener.submit(opener.command(APP_STREAM_FINISH, id: 1))
    town.settle()
    #expect(server.sink.used <= 128 << 10)
    var content: [UInt8] = []
    try town.wait("all of it arrives") {
      for event in server.read() where event.kind == MESH_ON_DATA {
        content += event.data
        try? server.submit(server.command(APP_RELEASE, id: event.header.id, value: UInt64(event.data.count)))
      }
      opener.read()
      return !server.seen(MESH_ON_STREAM_END).isEmpty
    }
    #expect(content.count == 3_000_000 && content == Array(repeating: piece, count: 50).flatMap { $0 })
    let opened = server.seen(MESH_ON_STREAM)[0]
    #expect(String(decoding: opened.meta, as: UTF8.self) == "hi" && opened.header.token == 7)
    try server.submit(
      server.command(APP_STREAM_DATA, id: opened.header.id, data: [1, 2])
        + server.command(APP_STREAM_FINISH, id: opened.header.id))
    try town.wait("the answer ends") { opener.read().count >= 0 && !opener.seen(MESH_ON_STREAM_END).isEmpty }
    #expect(opener.seen(MESH_ON_DATA).map(\.data) == [[1, 2]])
    #expect(opener.seen(MESH_ON_STREAM_END)[0].header.code == MESH_OK)
    let credit = opener.seen(APP_ON_CREDIT).filter { $0.header.id == 1 }.last?.header.value ?? 0
    #expect(credit == 50 * 60_064)
    opener.close()
    server.close()
  }

  @Test func `A reset tells its number, a protocol that nobody serves its code`() throws {
    let (town, opener, server) = try pair()
    try open(opener, server)
    try opener.submit(opener.command(APP_STREAM_DATA, id: 1, data: [1]))
    try town.wait("it is open") { server.read().count >= 0 && !server.seen(MESH_ON_DATA).isEmpty }
    try opener.submit(opener.command(APP_STREAM_RESET, id: 1, value: 42))
    try town.wait("the server hears of it") { server.read().count >= 0 && !server.seen(MESH_ON_STREAM_END).isEmpty }
    let end = server.seen(MESH_ON_STREAM_END)[0].header
    #expect(end.code == MESH_E_RESET && end.value == 42)
    try opener.submit(
      opener.command(APP_PROTOCOL, protocol: 1, data: Array("/nobody/1".utf8))
        + opener.command(APP_STREAM_OPEN, id: 2, peer: opener.peer(server.node), protocol: 1))
    try town.wait("it is refused") { opener.read().count >= 0 && !opener.seen(MESH_ON_STREAM_END).isEmpty }
    #expect(opener.seen(MESH_ON_STREAM_END).map(\.header.id) == [2])
    #expect(opener.seen(MESH_ON_STREAM_END)[0].header.code == MESH_E_NOTFOUND)
    opener.close()
    server.close()
  }

  @Test func `Commands that break the protocol are faults, and those for what has ended are not`() throws {
    let (_, opener, server) = try pair()
    let bad = [
      opener.command(99), opener.command(APP_SEND, id: 1, value: 7), opener.command(APP_FLOW, id: 5),
      opener.command(APP_PROTOCOL, data: Array("/test/1".utf8)),
      opener.command(APP_PROTOCOL, protocol: 9, data: [0xff, 2]),
      opener.command(APP_SERVE, flags: 0), opener.command(APP_STREAM_OPEN, id: 1, protocol: 8),
      opener.command(APP_STREAM_OPEN, id: 1 << 62), opener.command(APP_CONTROL, data: [0, 0, 0, 9, 1]),
      opener.command(APP_FLOW, id: 1, class: 6), opener.command(APP_REQUEST, id: 0),
      opener.command(APP_CONNECT, flags: 1 << 30),
    ]
    for bytes in bad {
      #expect(throws: ApplicationFault.self) { try opener.submit(bytes) }
    }
    for kind in [APP_RELEASE, APP_CANCEL, APP_STREAM_DATA, APP_STREAM_FINISH, APP_STREAM_RESET, APP_REPLY, APP_REFUSE] {
      try opener.submit(opener.command(kind, id: 1 << 62 | 77, value: 3))
    }
    opener.close()
    server.close()
  }
}
