// SPDX-License-Identifier: Apache-2.0
import CMeshABI
import Glibc
import WebSocketDriver
import WebSocketMiniHost

/// Both ends on one thread, by turns.
struct OneProcess {
  let scheme: String
  let size: Int
  let seconds: Double

  init(_ scheme: String, _ size: Int, _ seconds: Double) {
    self.scheme = scheme
    self.size = size
    self.seconds = seconds
  }

  /// Bytes a second.
  func run() -> Double {
    let server = MiniHost(webSocketPluginEntry)
    let client = MiniHost(webSocketPluginEntry)
    client.keepsStatuses = false
    var received = 0
    server.onDeliver = { buffers, count in
      for index in 0..<count { received += Int(buffers[index].len) }
    }
    _ = server.listen("\(scheme)://127.0.0.1:0/mesh")
    let pin = server.lines.first.flatMap { $0.split(separator: "#").last } ?? ""
    _ = client.connect(server.events(MESH_EVENT_LISTENING)[0].text + (scheme == "wss" ? "#\(pin)" : ""))
    guard MiniHost.run([server, client], until: { !client.events(MESH_EVENT_UP).isEmpty }) else { return 0 }
    let sender = Sender(host: client, link: 1, size: size)
    let start = MiniHost.now()
    let end = start + UInt64(seconds * 1e9)
    while MiniHost.now() < end {
      sender.fill()
      MiniHost.turn([server, client], milliseconds: 0)
    }
    return Double(received) / Double(MiniHost.now() - start) * 1e9
  }
}
