// SPDX-License-Identifier: Apache-2.0
import Glibc
import MeshConfig
import MeshEventLoop
import MeshNode
import MeshObserve

/// A node as `meshd` runs it, without a control socket.
enum BenchmarkNode {
  /// - Parameter peer: name and address of the node to dial, or nil.
  static func make(_ task: ChildTask, peer: (id: String, address: String)?) -> Node {
    let name = task.isClient ? "client" : "server"
    var listen = task.isClient ? "" : "listen: [\"\(task.listenAddress)\"]"
    // The client is a whole network of visitors.
    if task.transport == "htx", !task.isClient {
      listen += ", ticket_burst: 1000000, tickets_per_hour: 1000000, ticket_memory: 1000000"
    }
    var text = """
      transport_priority: [\(task.transport)]
      node: { state: \(task.folder)/\(name), access: open }
      plugins: { directories: [\(task.plugins)], trust: any }
      transports:
        \(task.transport): { \(listen) }
      """
    if let peer { text += "\npeers:\n  - { id: \(peer.id), addresses: [\"\(peer.address)\"] }\n" }
    let path = "\(task.folder)/\(name).yaml"
    Folder.write(text, to: path)
    do {
      let configuration = try Configuration.load(path: path)
      let level: LogLevel = getenv("BENCH_LOG") == nil ? .warning : .debug
      let log = Log(level: level, format: .text(colours: false))
      return try Node(configuration: configuration, loop: EventLoop(), log: log)
    } catch { Main.fail("\(error)") }
  }

  static func start(_ node: Node) {
    do throws(NodeStartError) { try node.start() } catch { Main.fail("\(error)") }
  }
}

/// Ends this process with the one that started it.
final class ParentWatch: EventHandler {
  init(_ loop: EventLoop) {
    super.init()
    do throws(EventLoopError) { _ = try loop.watch(0, for: .read, handler: self) } catch { Main.fail("\(error)") }
  }

  override func ready(_ readiness: Readiness, token: UInt64) { Main.fail("the parent has gone") }
}
