// SPDX-License-Identifier: Apache-2.0
import CApplication
import CMeshABI
import MeshApplication
import MeshEventLoop
import MeshNode
import Testing

@Suite struct PortRequestTests {
  private func pair(sinkLimit: Int = 1 << 20, window: UInt64 = 0) throws -> (Town, TestApplication, TestApplication) {
    let town = try Town()
    let (a, b) = (try town.start("a"), try town.start("b"))
    try town.introduce(a, b)
    let (asker, server) = (TestApplication(a, sinkLimit: sinkLimit), TestApplication(b))
    try server.serve("/ask/1", window: window)
    try asker.open("/ask/1", to: b)
    return (town, asker, server)
  }

  private func ask(
    _ asker: TestApplication, _ server: TestApplication, id: UInt64, _ text: String, lifetime: UInt64 = 0
  )
    throws
  {
    try asker.submit(
      asker.command(
        APP_REQUEST, id: id, token: id + 50, peer: asker.peer(server.node), lifetime: lifetime, meta: [1, 2],
        data: Array(text.utf8)))
  }

  @Test func `A request is answered with many replies and one end`() throws {
    let (town, asker, server) = try pair()
    try ask(asker, server, id: 5, "question")
    try town.wait("it arrives") { server.read().count >= 0 && server.seen(MESH_ON_REQUEST).count == 1 }
    let request = server.seen(MESH_ON_REQUEST)[0]
    #expect(request.text == "question" && request.meta == [1, 2] && request.header.token == 7)
    #expect((20_000...30_000).contains(request.header.value))
    for number in 0..<3 {
      let flags = number < 2 ? APP_FLAG_MORE : 0
      try server.submit(server.command(APP_REPLY, flags: flags, id: request.header.id, data: [UInt8(number)]))
    }
    try server.submit(
      server.command(APP_RELEASE, id: request.header.id) + server.command(APP_RELEASE, id: request.header.id)
        + server.command(APP_REPLY, id: request.header.id, data: [9]))
    try town.wait("its end is told") { asker.read().count >= 0 && asker.seen(MESH_ON_REQUEST_END).count == 1 }
    let replies = asker.seen(MESH_ON_REPLY)
    #expect(replies.map(\.data) == [[0], [1], [2]])
    #expect(replies.allSatisfy { $0.header.id == 5 && $0.header.token == 55 })
    #expect(asker.seen(MESH_ON_REQUEST_END)[0].header.code == MESH_OK)
    for reply in replies { try asker.submit(asker.command(APP_RELEASE, id: reply.header.value)) }
    asker.close()
    server.close()
  }

  @Test func `Refusals, missing servers, deadlines and cancels have their codes`() throws {
    let (town, asker, server) = try pair()
    try ask(asker, server, id: 1, "refuse me")
    try town.wait("it arrives") { server.read().count >= 0 && server.seen(MESH_ON_REQUEST).count == 1 }
    let first = server.seen(MESH_ON_REQUEST)[0].header.id
    try server.submit(server.command(APP_REFUSE, id: first, value: 77, data: Array("no".utf8)))
    try ask(asker, server, id: 2, "too late", lifetime: 8000)
    try ask(asker, server, id: 3, "cancel me")
    try town.wait("both arrive") { server.read().count >= 0 && server.seen(MESH_ON_REQUEST).count == 3 }
    try asker.submit(asker.command(APP_CANCEL, id: 3))
    try asker.submit(
      asker.command(APP_PROTOCOL, protocol: 1, data: Array("/nobody/1".utf8))
        + asker.command(APP_REQUEST, id: 4, peer: asker.peer(server.node), protocol: 1))
    try asker.submit(asker.command(APP_REQUEST, id: 6, peer: 4711))
    try town.wait("the others have ended") { asker.read().count >= 0 && asker.seen(MESH_ON_REQUEST_END).count >= 4 }
    town.loop.advanceClock(by: 8_000_000_000)
    try town.wait("all have ended") { asker.read().count >= 0 && asker.seen(MESH_ON_REQUEST_END).count == 5 }
    let ends = Dictionary(
      uniqueKeysWithValues: asker.seen(MESH_ON_REQUEST_END).map { ($0.header.id, $0) })
    #expect(ends[1]?.header.code == MESH_E_REFUSED && ends[1]?.header.value == 77 && ends[1]?.text == "no")
    #expect(ends[2]?.header.code == MESH_E_TIMEOUT)
    #expect(ends[3]?.header.code == MESH_E_CANCELLED)
    #expect(ends[4]?.header.code == MESH_E_NOTFOUND)
    #expect(ends[6]?.header.code == MESH_E_UNREACHABLE)
    try town.wait("the server hears of two") {
      server.read().count >= 0 && server.seen(MESH_ON_REQUEST_GONE).count == 2
    }
    asker.close()
    server.close()
  }

  @Test func `Replies that find the sink full arrive later, in order and before the end`() throws {
    let (town, asker, server) = try pair(sinkLimit: 20_000)
    try ask(asker, server, id: 5, "much")
    try town.wait("it arrives") { server.read().count >= 0 && server.seen(MESH_ON_REQUEST).count == 1 }
    let id = server.seen(MESH_ON_REQUEST)[0].header.id
    for number in 0..<60 {
      let body = [UInt8](repeating: UInt8(number), count: 3000)
      try server.submit(server.command(APP_REPLY, flags: number < 59 ? APP_FLAG_MORE : 0, id: id, data: body))
    }
    town.settle()
    #expect(asker.sink.used <= 20_000)
    try town.wait("its end is told") {
      for event in asker.read(2) where event.kind == MESH_ON_REPLY {
        try? asker.submit(asker.command(APP_RELEASE, id: event.header.value))
      }
      return !asker.seen(MESH_ON_REQUEST_END).isEmpty
    }
    #expect(asker.seen(MESH_ON_REPLY).map { Int($0.data[0]) } == Array(0..<60))
    #expect(asker.seen.last?.kind == MESH_ON_REQUEST_END)
    asker.close()
    server.close()
  }

  @Test func `More requests than the window are told that the server is busy, and none is lost when it closes`() throws
  {
    let (town, asker, server) = try pair(window: 2)
    for id in 1...5 { try ask(asker, server, id: UInt64(id), "r\(id)") }
    try town.wait("three are refused") { asker.read().count >= 0 && asker.seen(MESH_ON_REQUEST_END).count == 3 }
    #expect(asker.seen(MESH_ON_REQUEST_END).allSatisfy { $0.header.code == MESH_E_BUSY })
    server.close()
    try town.wait("the others end") { asker.read().count >= 0 && asker.seen(MESH_ON_REQUEST_END).count == 5 }
    #expect(Set(asker.seen(MESH_ON_REQUEST_END).map(\.header.id)).count == 5)
    asker.close()
  }
}
