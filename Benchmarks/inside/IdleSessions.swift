// SPDX-License-Identifier: Apache-2.0
import CLinux
import Glibc
import MeshCrypto
import MeshEventLoop
import MeshMultiplexer
import MeshNode
import MeshSession
import MeshTransportManager
import MeshWire

/// One node with many peers that came, sent a message, got one back, and are silent now. The peers' own nodes are freed
/// as soon as that is done, so that what grows is this node alone.
enum IdleSessions {
  static func run(count: Int) {
    let hub = MemoryNode(peers: count + 1)
    let echo = Echo(hub)
    do throws(NodeError) { try hub.core.serve("/bench/hello/1", with: echo) } catch { Main.fail("\(error)") }
    // What is allocated once, and the growth of tables, does not belong to a session.
    for index in 0..<100 { meet(hub, UInt64(index)) }
    let before = clinux_heap_in_use()
    let resident = clinux_resident_bytes()
    for index in 100..<count { meet(hub, UInt64(index)) }
    let heap = Double(clinux_heap_in_use() - before) / Double(count - 100)
    let pages = Double(clinux_resident_bytes() - resident) / Double(count - 100)
    guard hub.core.peers.count == count, hub.core.peers.values.allSatisfy({ $0.links.count == 1 }) else {
      Main.fail("not all of the sessions are held")
    }
    Main.report("libmesh", "idle-session-heap", heap / 1024, "KiB")
    Main.report("libmesh", "idle-session-resident", pages / 1024, "KiB")
    Main.report("libmesh", "idle-sessions-held", Double(hub.core.peers.count), "sessions")
    withExtendedLifetime(echo) {}
  }

  private static func meet(_ hub: MemoryNode, _ link: UInt64) {
    let visitor = MemoryNode(peers: 4)
    visitor.connect(to: hub, link: link)
    let answer = Answer()
    let body: [UInt8] = [1, 2, 3, 4]
    do throws(NodeError) {
      let stream = try visitor.core.open(
        StreamPreamble(kind: .request, trafficClass: .interactive, name: "/bench/hello/1"),
        to: hub.core.identity.id, handler: answer, now: visitor.now)
      body.withUnsafeBytes { _ = try? stream.multiplexer.send($0, to: stream.reference, now: visitor.now) }
      stream.multiplexer.finish(stream.reference)
    } catch { Main.fail("\(error)") }
    for _ in 0..<20 where !answer.hasCome { MemoryNode.exchange(visitor, hub) }
    guard answer.hasCome else { Main.fail("no answer to peer \(link)") }
    // The last acknowledgements.
    for _ in 0..<3 { MemoryNode.exchange(visitor, hub, after: 500_000) }
  }
}

/// Sends every message back.
private final class Echo: StreamHandler, ProtocolServer {
  private unowned let hub: MemoryNode
  init(_ hub: MemoryNode) { self.hub = hub }

  func opened(_ stream: PeerStream, _ preamble: StreamPreamble) -> StreamAcceptance { .accept(self) }

  override func received(_ run: inout MessageRun, on stream: StreamReference, of multiplexer: Multiplexer) {
    while let message = run.next() { try? multiplexer.send(message.body, to: stream, now: hub.now) }
  }

  override func ended(_ stream: StreamReference, code: UInt64?, of multiplexer: Multiplexer) {
    multiplexer.finish(stream)
  }
}

private final class Answer: StreamHandler {
  var hasCome = false
  override func received(_ run: inout MessageRun, on stream: StreamReference, of multiplexer: Multiplexer) {
    while run.next() != nil { hasCome = true }
  }
}
