// SPDX-License-Identifier: Apache-2.0
import MeshConfig
import MeshCrypto
import MeshEventLoop
import MeshMultiplexer
import MeshNode
import MeshSession
import MeshTransportManager
import MeshWire
import Testing

@Suite struct AccessTests {
  @Test func `A stranger is refused while access is known`() throws {
    let town = try Town()
    let (a, b) = (try town.start("a"), try town.start("b"))
    let box = Mailbox()
    try b.core.serve("/test/1", with: box)
    _ = try a.addPeer(town.invitation(of: b), alias: "b")
    try a.send([1], to: b.identity.id, protocol: "/test/1") { _ in }
    try town.wait("the refusal is counted") { b.core.endpoint.counters.handshakesRefused > 0 }
    town.settle()
    #expect(b.connectedPeers == 0)
    #expect(a.connectedPeers == 0)
    #expect(box.messages.isEmpty)
    #expect(b.core.peers.isEmpty)
  }

  @Test func `Whoever alone can dial is let in also when it was introduced first`() throws {
    let town = try Town()
    let (a, b) = (try town.start("a"), try town.start("b"))
    let invitation = try town.invitation(of: b)
    _ = try a.addPeer(invitation, alias: "b")
    try town.wait("the refusal is told") {
      let peer = a.peer("b").flatMap { a.core.transports.why($0.handle, now: town.loop.now) }
      return peer?.reason.contains("this node is not on the peer's access list") == true
    }
    _ = try b.addPeer(Invitation(id: a.identity.id, addresses: []), alias: "a")
    _ = try a.addPeer(invitation, alias: "b")
    try town.wait("both are connected") { a.connectedPeers == 1 && b.connectedPeers == 1 }
  }

  @Test func `A stranger is taken while access is open`() throws {
    let town = try Town()
    let a = try town.start("a")
    let configuration = try town.configuration("b")
    var open = configuration
    open.node.access = .open
    let b = try town.start(open)
    _ = try a.addPeer(town.invitation(of: b), alias: "b")
    try town.wait("both are connected") { a.connectedPeers == 1 && b.connectedPeers == 1 }
    #expect(b.core.peers[a.identity.id]?.isKnown == false)
  }

  @Test func `Another node at the address of a peer gets no session`() throws {
    let town = try Town()
    let (a, b) = (try town.start("a"), try town.start("b"))
    let other = Identity.generate().id
    _ = try b.addPeer(Invitation(id: a.identity.id, addresses: []), alias: "a")
    _ = try a.addPeer(Invitation(id: other, addresses: b.advertisedAddresses), alias: "other")
    try town.wait("the attempt has failed") {
      let peer = a.core.peers[other]
      let why = peer.flatMap { a.core.transports.why($0.handle, now: town.loop.now) }
      return why?.paths.contains { $0.failures > 0 } == true
    }
    #expect(a.connectedPeers == 0)
    #expect(b.connectedPeers == 0)
  }

  @Test func `A peer that is removed is cut off`() throws {
    let town = try Town()
    let (a, b) = (try town.start("a"), try town.start("b"))
    try town.introduce(a, b)
    let peer = try #require(a.peer("b"))
    #expect(try a.removePeer(peer))
    try town.wait("the session has ended") { a.connectedPeers == 0 && b.connectedPeers == 0 }
    #expect(a.peer("b") == nil)
  }

  @Test func `A peer may use only the protocols that its entry allows`() throws {
    let town = try Town()
    let a = try town.start("a")
    let peers = "peers: [{ id: \(a.identity.id.name), name: a, allow: [/other/1] }]"
    let b = try town.start(town.configuration("b", rest: peers))
    let peer = try #require(b.peer("a"))
    #expect(b.permits(peer, "/other/1"))
    #expect(!b.permits(peer, "/test/1"))
  }

  @Test func `An invitation of one's own, and an alias that is taken, are refused`() throws {
    let town = try Town()
    let a = try town.start("a")
    let invitation = try Invitation(id: Identity.generate().id, addresses: [])
    _ = try a.addPeer(invitation, alias: "b")
    #expect(throws: NodeStartError.self) { try a.addPeer(town.invitation(of: a), alias: "me") }
    #expect(throws: NodeStartError.self) {
      try a.addPeer(Invitation(id: Identity.generate().id, addresses: []), alias: "b")
    }
    #expect(a.core.peers.count == 1)
  }
}
