// SPDX-License-Identifier: Apache-2.0
import CApplication
import CMeshABI
import MeshApplication
import MeshControl
import MeshCrypto
import MeshMultiplexer
import MeshNode
import MeshTransportManager
import MeshWire
import Testing

/// Calls inside records, hints, and what a node tells by itself.
@Suite struct CallTests {
  private func call<M: ControlMethod>(_ application: TestApplication, _ method: M.Type, _ params: M.Params) throws
    -> ControlMessage?
  {
    let bytes = try ControlCodec.encode(.request(id: 5, method: M.name, params: params.cbor))
    try application.submit(application.command(APP_CONTROL, data: bytes))
    let answers = application.read().filter { $0.kind == APP_ON_CONTROL }
    var codec = ControlCodec()
    for answer in answers { answer.data.withUnsafeBytes { codec.append($0) } }
    return try codec.next()
  }

  @Test func `Status, peers, a signature and metrics are answered inside records`() throws {
    let town = try Town()
    let (a, b) = (try town.start("a"), try town.start("b"))
    try town.introduce(a, b)
    // Of two that cross one is given up.
    try town.wait("there is one link") { a.core.peers[b.identity.id]?.links.count == 1 }
    let application = TestApplication(a)
    guard case .result(5, let status)? = try call(application, StatusMethod.self, Nothing()) else {
      Issue.record("no status")
      return
    }
    #expect(try NodeStatus(cbor: status).id == a.identity.id.name)
    guard case .result(5, let info)? = try call(application, PeerInfoMethod.self, PeerWord(peer: "b")) else {
      Issue.record("no peer")
      return
    }
    let peer = try NumberedPeer(cbor: info)
    #expect(peer.number == application.peer(b) && peer.id == b.identity.id.bytes && peer.links == 1)
    guard case .result(5, let signed)? = try call(application, SignMethod.self, SignedBytes(data: [1, 2, 3])) else {
      Issue.record("no signature")
      return
    }
    let signature = try SignedBytes(cbor: signed).data
    #expect(Identity.verifyForApplication(id: a.identity.id, [1, 2, 3], signature: signature))
    #expect(!Identity.verifyForApplication(id: b.identity.id, [1, 2, 3], signature: signature))
    #expect(!Identity.verify(id: a.identity.id, context: "record", [1, 2, 3], signature: signature))
    guard case .result(5, let metrics)? = try call(application, MetricsMethod.self, Nothing()) else {
      Issue.record("no metrics")
      return
    }
    #expect(try MetricsText(cbor: metrics).text.contains("mesh_sessions 1"))
    guard case .failure(5, let error)? = try call(application, PeerInfoMethod.self, PeerWord(peer: "nobody")) else {
      Issue.record("no refusal")
      return
    }
    #expect(error.code == MESH_E_NOTFOUND)
    application.close()
  }

  @Test func `The first subscription tells transports and connected peers, later ones nothing twice`() throws {
    let town = try Town()
    let (a, b) = (try town.start("a"), try town.start("b"))
    try town.introduce(a, b)
    let application = TestApplication(a)
    try application.submit(application.command(APP_SUBSCRIBE) + application.command(APP_SUBSCRIBE, value: 3))
    application.read()
    let transports = application.seen(MESH_ON_TRANSPORT)
    #expect(transports.count == 1 && transports[0].header.code == MESH_OK)
    #expect(transports[0].text == town.address("a", "first"))
    #expect(application.seen(MESH_ON_PEER).map(\.header.peer) == [application.peer(b)])
    try town.stop(b)
    try town.wait("its end is told") {
      application.read().count >= 0 && application.seen(MESH_ON_PEER).count >= 2
        && application.seen(MESH_ON_LINK).count > 0
    }
    #expect(application.seen(MESH_ON_PEER)[1].header.code == MESH_E_CLOSED)
    let ends = [UInt64(MESH_LINK_CLOSED), UInt64(MESH_LINK_FAILED)]
    #expect(
      application.seen(MESH_ON_LINK).contains { ends.contains($0.header.value) && $0.meta == Array("first".utf8) })
    try town.wait("the log tells it too") {
      application.read().count >= 0
        && application.seen(MESH_ON_LOG).contains { $0.text.contains("peer_disconnected") }
    }
    application.close()
  }

  @Test func `News that find no room are told later, the newest of each peer`() throws {
    let town = try Town()
    let (a, b) = (try town.start("a"), try town.start("b"))
    let application = TestApplication(a, sinkLimit: 400)
    try application.submit(application.command(APP_SUBSCRIBE))
    while !application.read().isEmpty {}
    // Filled by what nobody reads.
    while application.sink.append(
      application_event(), meta: .init(start: nil, count: 0), data: .init(start: nil, count: 0))
    {}
    try town.introduce(a, b)
    try town.stop(b)
    try town.wait("a has noticed") { a.connectedPeers == 0 }
    town.settle()
    #expect(application.seen(MESH_ON_PEER).isEmpty)
    for _ in 0..<20 { application.read() }
    let told = application.seen(MESH_ON_PEER)
    #expect(told.count == 1 && [MESH_E_CLOSED, MESH_E_UNREACHABLE].contains(told[0].header.code))
    #expect(application.seen(APP_ON_PEER_NAME).count == 1)
    let name = application.seen.firstIndex { $0.kind == APP_ON_PEER_NAME }
    let state = application.seen.firstIndex { $0.kind == MESH_ON_PEER }
    #expect(try #require(name) < #require(state))
    application.close()
  }

  @Test func `Hints are recorded, and say what is to be saved`() throws {
    let town = try Town()
    let a = try town.start("a")
    let application = TestApplication(a)
    try application.submit(
      application.command(APP_HINT, id: UInt64(MESH_HINT_BATTERY), value: 40)
        + application.command(APP_HINT, id: UInt64(MESH_HINT_METERED), value: 1)
        + application.command(APP_HINT, id: UInt64(MESH_HINT_NETWORK))
        + application.command(APP_HINT, id: UInt64(MESH_HINT_BATTERY), value: 500)
        + application.command(APP_HINT, id: 4000, value: 500))
    #expect(a.hints.battery == 40 && a.hints.isMetered == true)
    #expect(a.core.transports.thrift == .bytes)
    try application.submit(
      application.command(APP_HINT, id: UInt64(MESH_HINT_BATTERY), value: 20)
        + application.command(APP_HINT, id: UInt64(MESH_HINT_METERED), value: 0))
    #expect(a.core.transports.thrift == .energy)
    try application.submit(application.command(APP_HINT, id: UInt64(MESH_HINT_BATTERY), value: 101))
    #expect(a.core.transports.thrift == [])
    application.close()
  }
}
