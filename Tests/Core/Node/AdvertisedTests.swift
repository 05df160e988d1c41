// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import MeshNode

@Suite struct AdvertisedTests {
  @Test(
    arguments: [
      ("ws://127.0.0.1:80/x", "ws", true), ("wss://127.0.0.1:80/x", "ws", false), ("ws", "ws", false),
      ("ws://0.0.0.0:80/x", "ws", false), ("ws://[::]:80/x", "ws", false), ("ws://[::1]:80/x", "ws", true),
      ("htx+tcp://10.0.0.0.0:1?k=v", "htx+tcp", true), ("unix:/run/x", "unix", true), ("", "ws", false),
    ])
  func addressesOfTheSchemeAreToldAndWildcardsAreNot(address: String, scheme: String, isTold: Bool) {
    #expect(NodeTransport.mayDial(address, scheme: scheme) == isTold)
  }
}
