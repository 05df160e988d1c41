// SPDX-License-Identifier: Apache-2.0
import Glibc
import MeshConfig
import MeshCrypto
import MeshEventLoop
import MeshNode
import MeshObserve
import MeshWire

/// Two nodes as `meshd` runs them, on one loop, connected over one transport.
final class NodePair {
  let loop: EventLoop
  let client: Node
  let server: Node
  private let folder: String

  init(transport: String, plugins: String) {
    var template = Array("/tmp/mesh-allocations.XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { Main.fail("no temporary folder") }
    folder = template.withUnsafeBufferPointer { String(cString: $0.baseAddress.unsafelyUnwrapped) }
    do throws(EventLoopError) { loop = try EventLoop() } catch { Main.fail("\(error)") }
    let address = transport == "unix" ? "unix://\(folder)/link" : "ws://127.0.0.1:0/"
    server = NodePair.make("server", folder, plugins, transport, "listen: [\"\(address)\"]", "", loop)
    NodePair.start(server)
    while server.transports.first?.listeners.first?.bound == nil { loop.runOnce(maxWait: 10_000_000) }
    let bound = server.transports.first?.listeners.first?.bound ?? ""
    let peer = "peers:\n  - { id: \(server.identity.id.name), addresses: [\"\(bound)\"] }\n"
    client = NodePair.make("client", folder, plugins, transport, "", peer, loop)
    NodePair.start(client)
  }

  private static func make(
    _ name: String, _ folder: String, _ plugins: String, _ transport: String, _ listen: String, _ peer: String,
    _ loop: EventLoop
  ) -> Node {
    let text = """
      transport_priority: [\(transport)]
      node: { state: \(folder)/\(name), access: open }
      plugins: { directories: [\(plugins)], trust: any }
      transports:
        \(transport): { \(listen) }
      \(peer)
      """
    let path = "\(folder)/\(name).yaml"
    let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    _ = write(descriptor, text, text.utf8.count)
    Glibc.close(descriptor)
    do {
      let log = Log(level: .error, format: .text(colours: false))
      return try Node(configuration: try Configuration.load(path: path), loop: loop, log: log)
    } catch { Main.fail("\(error)") }
  }

  private static func start(_ node: Node) {
    do throws(NodeStartError) { try node.start() } catch { Main.fail("\(error)") }
  }

  /// Removes what the pair has left on disk. The nodes live as long as the process, as those of a daemon do.
  func close() {
    _ = Unmanaged.passRetained(self)
    for name in ["client", "server"] {
      for file in ["identity", "peers", "records"] { unlink("\(folder)/\(name)/\(file)") }
      rmdir("\(folder)/\(name)/plugins")
      rmdir("\(folder)/\(name)")
      unlink("\(folder)/\(name).yaml")
    }
    unlink("\(folder)/link")
    rmdir(folder)
  }
}
