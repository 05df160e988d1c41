// SPDX-License-Identifier: Apache-2.0
import CMeshABI
import DeniedCalls
import Glibc
import HTXDriver
import HTXQUIC
import MeshEventLoop
import MeshPluginHost
import Testing

/// Two loads of the plugin share a port of UDP by a filter, which a kernel, or a service manager's filter, may refuse.
@Suite struct RefusedFilterTests {
  @Test func aSocketThatCannotTakeItsShareLeavesAllToTheOther() async {
    await #expect(processExitsWith: .success) { try RefusedFilterTests.join() }
  }

  private static func join() throws {
    let first = try UDPSocket(bound: NetworkAddress(v4: (127, 0, 0, 1), port: 0), tag: ConnectionTag())
    try #require(denied_calls_attach_reuseport(ENOMEM) == 0)
    for _ in 0..<3 {
      #expect {
        try UDPSocket(bound: first.address, tag: ConnectionTag(), joins: true)
      } throws: {
        ($0 as? UDPSocket.Failure)?.code == ENOMEM
      }
    }
    // None of them is left to get packets that nobody reads.
    let sender = try UDPSocket(bound: NetworkAddress(v4: (127, 0, 0, 1), port: 0))
    let credentials = try Credentials(.selfMade(name: "server"), protocols: ["h3"])
    let endpoint = try #require(Endpoint(credentials, EndpointOptions(), sink: first))
    for _ in 0..<64 {
      var bytes: UInt8 = 0
      var address = sockaddr_in()
      address.sin_family = sa_family_t(AF_INET)
      address.sin_port = first.address.port.bigEndian
      address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
      let sent = withUnsafePointer(to: &address) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          sendto(sender.descriptor, &bytes, 1, 0, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
        }
      }
      try #require(sent == 1)
    }
    while first.receive(into: endpoint, now: nanoseconds()) {}
    #expect(endpoint.figures.packetsReceived == 64)
  }

  @Test func aLoadThatReplacesAnotherSaysThatItHasNoUDPYetAndTakesItLater() async {
    await #expect(processExitsWith: .success) { try RefusedFilterTests.replace() }
  }

  private static func replace() throws {
    let node = try LinkNode(hasStreams: true)
    let id = try node.start()
    _ = try node.host.listen(id, on: "htx://127.0.0.1:0")
    try #require(node.run { node.listening.count == 1 })
    let address = node.listening[0]
    // A visitor with a connection of the first load, which it keeps for a while.
    let early = try MovingVisitor(to: address, from: (127, 0, 0, 1))
    try #require(run(node, early) { early.isReached })
    try #require(denied_calls_attach_reuseport(EPERM) == 0)
    let next = try node.host.register { htxPluginEntry($0, $1) }
    try node.host.replace(id, with: next, drain: 2_000_000_000)
    let told = { node.lines.count { $0.contains("no UDP yet beside the load that is being replaced") } }
    try #require(node.run { told() == 1 })
    // When the first load has gone the second one has the port to itself.
    let late = try MovingVisitor(to: address, from: (127, 0, 0, 1))
    try #require(run(node, late) { late.isReached })
    #expect(told() == 1 && node.violations.isEmpty)
  }

  private static func run(_ node: LinkNode, _ visitor: MovingVisitor, until done: () -> Bool) -> Bool {
    node.run {
      visitor.step()
      return done()
    }
  }
}
