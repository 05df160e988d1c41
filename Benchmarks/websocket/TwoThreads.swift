// SPDX-License-Identifier: Apache-2.0
import CLinux
import CMeshABI
import Glibc
import WebSocketDriver
import WebSocketMiniHost

/// The client on a thread of its own on processor 0, the server on processor 1.
struct TwoThreads: Sendable {
  let scheme: String
  let size: Int
  let seconds: Double

  init(_ scheme: String, _ size: Int, _ seconds: Double) {
    self.scheme = scheme
    self.size = size
    self.seconds = seconds
  }

  /// Bytes a second, as the receiving end counts them.
  func run() -> Double {
    let server = MiniHost(webSocketPluginEntry)
    _ = server.listen("\(scheme)://127.0.0.1:0/mesh")
    let pin = server.lines.first.flatMap { $0.split(separator: "#").last } ?? ""
    let address = server.events(MESH_EVENT_LISTENING)[0].text + (scheme == "wss" ? "#\(pin)" : "")
    let companion = Companion { send(to: address) }
    clinux_pin_to_cpu(1)
    var received = 0
    var started: UInt64 = 0
    var last: UInt64 = 0
    server.onDeliver = { buffers, count in
      if started == 0 { started = MiniHost.now() }
      for index in 0..<count { received += Int(buffers[index].len) }
      last = MiniHost.now()
    }
    MiniHost.run([server], seconds: seconds + 5) { !server.events(MESH_EVENT_DOWN).isEmpty }
    companion.join()
    return Double(received) / Double(max(last - started, 1)) * 1e9
  }

  private func send(to address: String) {
    clinux_pin_to_cpu(0)
    let client = MiniHost(webSocketPluginEntry)
    client.keepsStatuses = false
    _ = client.connect(address)
    guard MiniHost.run([client], until: { !client.events(MESH_EVENT_UP).isEmpty }) else { return }
    let sender = Sender(host: client, link: 1, size: size)
    let end = MiniHost.now() + UInt64(seconds * 1e9)
    while MiniHost.now() < end {
      sender.fill()
      MiniHost.turn([client], milliseconds: 1)
    }
    _ = client.disconnect(1, mode: MESH_DISCONNECT_ABORT)
  }
}
