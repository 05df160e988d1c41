// SPDX-License-Identifier: Apache-2.0
import CApplication
import CMeshABI
import MeshApplication
import MeshCrypto
import MeshNode
import Testing

/// Requests for which the peer allows no further stream.
@Suite struct WaitingRequestTests {
  /// The asker has as many requests open as the server allows, and `extra` that wait.
  private func crowd(extra: Int, lifetime: UInt64 = 0) throws -> (Town, TestApplication, TestApplication) {
    let town = try Town()
    let (a, b) = (try town.start("a"), try town.start("b"))
    try town.introduce(a, b)
    let (asker, server) = (TestApplication(a), TestApplication(b))
    try server.serve("/ask/1")
    try asker.open("/ask/1", to: b)
    var id: UInt64 = 0
    while asker.port.waitingRequestCount == 0 {
      id += 1
      try ask(asker, server, id)
      try #require(id < APP_REQUESTS, "the peer allows all of them")
    }
    for _ in 1..<extra {
      id += 1
      try ask(asker, server, id, lifetime: lifetime)
    }
    try town.wait("those with a stream arrive") {
      server.read().count >= 0 && server.seen(MESH_ON_REQUEST).count + extra == Int(id)
    }
    return (town, asker, server)
  }

  private func ask(_ asker: TestApplication, _ server: TestApplication, _ id: UInt64, lifetime: UInt64 = 0) throws {
    try asker.submit(
      asker.command(APP_REQUEST, id: id, token: id, peer: asker.peer(server.node), lifetime: lifetime, data: [1]))
  }

  private func ends(_ asker: TestApplication) -> [SeenEvent] {
    for event in asker.read() where event.kind == MESH_ON_REPLY {
      try? asker.submit(asker.command(APP_RELEASE, id: event.header.value))
    }
    return asker.seen(MESH_ON_REQUEST_END)
  }

  /// Answers and gives back all but the first `count` that have come.
  private func answer(_ server: TestApplication, from count: Int = 0) throws {
    for event in server.seen(MESH_ON_REQUEST).dropFirst(count) {
      try server.submit(
        server.command(APP_REPLY, id: event.header.id) + server.command(APP_RELEASE, id: event.header.id))
    }
  }

  @Test func `They are made in order once others are answered, however late`() throws {
    let (town, asker, server) = try crowd(extra: 5)
    let open = server.seen(MESH_ON_REQUEST).count
    town.settle()
    #expect(ends(asker).isEmpty && asker.port.waitingRequestCount == 5)
    try answer(server)
    try town.wait("the others arrive") {
      _ = ends(asker)
      return server.read().count >= 0 && server.seen(MESH_ON_REQUEST).count == open + 5
    }
    #expect(asker.port.waitingRequestCount == 0)
    try answer(server, from: open)
    try town.wait("all have ended") { ends(asker).count == open + 5 }
    #expect(ends(asker).allSatisfy { $0.header.code == MESH_OK })
    #expect(Set(ends(asker).map(\.header.id)).count == open + 5)
    for app in [asker, server] { app.close() }
  }

  @Test func `Their deadlines run on while they wait`() throws {
    let (town, asker, server) = try crowd(extra: 4, lifetime: 100)
    try town.wait("three are over") { ends(asker).count == 3 }
    #expect(ends(asker).allSatisfy { $0.header.code == MESH_E_TIMEOUT })
    #expect(asker.port.waitingRequestCount == 1)
    for app in [asker, server] { app.close() }
  }

  @Test func `One that is cancelled while it waits ends at once, and is never made`() throws {
    let (town, asker, server) = try crowd(extra: 2)
    let last = UInt64(server.seen(MESH_ON_REQUEST).count + 2)
    try asker.submit(asker.command(APP_CANCEL, id: last - 1) + asker.command(APP_CANCEL, id: last - 1))
    #expect(ends(asker).map(\.header.id) == [last - 1] && ends(asker)[0].header.code == MESH_E_CANCELLED)
    let open = server.seen(MESH_ON_REQUEST).count
    try answer(server)
    try town.wait("the other one arrives") {
      _ = ends(asker)
      return server.read().count >= 0 && server.seen(MESH_ON_REQUEST).count > open
    }
    town.settle()
    server.read()
    #expect(server.seen(MESH_ON_REQUEST).count == open + 1)
    for app in [asker, server] { app.close() }
  }

  @Test func `Those of a handle that is closed are never made, and leave nothing behind`() throws {
    let (town, asker, server) = try crowd(extra: 6)
    let open = server.seen(MESH_ON_REQUEST).count
    asker.close()
    try town.wait("the server hears that nobody waits") {
      server.read().count >= 0 && server.seen(MESH_ON_REQUEST_GONE).count == open
    }
    town.settle()
    server.read()
    #expect(server.seen(MESH_ON_REQUEST).count == open)
    #expect(asker.port.waitingRequestCount == 0)
    server.close()
  }

  @Test func `Those to a peer that is removed end as unreachable`() throws {
    let (town, asker, server) = try crowd(extra: 3)
    let made = server.seen(MESH_ON_REQUEST).count
    let peer = try #require(asker.node.core.peers[server.node.identity.id])
    #expect(try asker.node.removePeer(peer))
    try town.wait("all have ended") { ends(asker).count == made + 3 }
    #expect(ends(asker).suffix(3).allSatisfy { $0.header.code == MESH_E_UNREACHABLE })
    #expect(Set(ends(asker).map(\.header.id)).count == made + 3)
    for app in [asker, server] { app.close() }
  }
}
