// SPDX-License-Identifier: Apache-2.0
import CMeshABI
import Testing
import WebSocketMiniHost

/// Two instances with one link between them.
struct LinkPair {
  let server: MiniHost
  let client: MiniHost
  let clientLink: UInt64 = 1
  let serverLink: UInt64

  /// Waits until the link is up; `fragment` goes behind the address that is dialled.
  init(server: MiniHost, client: MiniHost, scheme: String, fragment: String) throws {
    self.server = server
    self.client = client
    #expect(server.listen("\(scheme)://127.0.0.1:0/mesh") == MESH_OK)
    let address = try #require(server.events(MESH_EVENT_LISTENING).first?.text)
    #expect(client.connect(address + fragment, id: clientLink) == MESH_OK)
    let isUp = MiniHost.run([server, client]) {
      !client.events(MESH_EVENT_UP).isEmpty && !server.events(MESH_EVENT_UP).isEmpty
    }
    try #require(isUp, "\(client.events) \(server.events)")
    serverLink = try #require(server.events(MESH_EVENT_UP).first?.link)
  }

  func run(until condition: () -> Bool) -> Bool { MiniHost.run([server, client], until: condition) }

  /// Stops both and checks that no buffer is left.
  func stop() throws {
    for host in [server, client] {
      host.stop()
      #expect(run { !host.events(MESH_EVENT_STOPPED).isEmpty })
      #expect(host.pool.outstanding == 0)
    }
  }
}

extension MiniHost {
  /// True when exactly these payloads arrived; a failed expectation would otherwise print them.
  func carried(_ payloads: [[UInt8]]) -> Bool { packets.map(\.bytes) == payloads }
}
