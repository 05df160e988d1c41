// SPDX-License-Identifier: Apache-2.0
import BundleNetwork
import BundleProtocol
import Testing

@Suite struct AddressTests {
  @Test func anAddressNamesItsLayerHostAndPort() throws {
    let address = try #require(NetworkAddress("tcpcl://[2001:db8::1]:4557"))
    #expect(address.layer == .tcpcl)
    #expect(address.host == "2001:db8::1")
    #expect(address.port == 4557)
    #expect("\(address)" == "tcpcl://[2001:db8::1]:4557")
  }

  @Test func aLayerHasItsPort() {
    #expect(NetworkAddress("tcpcl://host")?.port == 4556)
    #expect(NetworkAddress("stcp://host/")?.port == 4556)
    #expect(NetworkAddress("mtcp://host")?.port == 4224)
  }

  @Test func onlyWhatHasTLSHasAPin() {
    #expect(NetworkAddress("tcpcl://host#pin=sha256:abc")?.pin == "sha256:abc")
    #expect(NetworkAddress("tcpcl://host#other=1") == nil)
    #expect(NetworkAddress("mtcp://host#pin=sha256:abc") == nil)
  }

  @Test(arguments: [
    "", "tcpcl", "tcpcl:", "tcpcl:host", "tcpcl://", "tcpcl://host:65536", "tcpcl://host:x", "tcpcl://a b",
    "udp://host:1",
    "tcpcl://[::1", "tcpcl://" + String(repeating: "a", count: 600),
  ])
  func whatIsNoAddressIsNone(_ text: String) { #expect(NetworkAddress(text) == nil) }

  @Test func aNeighbourIsAnEndpointAndPerhapsAnAddress() throws {
    let dialled = try #require(NetworkSettings.Known("ipn:7.3 mtcp://192.0.2.1:4224"))
    #expect(dialled.node == (try EndpointID("ipn:7.0")))
    #expect(dialled.address?.host == "192.0.2.1")
    let dialling = try #require(NetworkSettings.Known("dtn://b/"))
    #expect(dialling.node == (try EndpointID("dtn://b/")))
    #expect(dialling.address == nil)
  }

  @Test(arguments: ["", "dtn:none", "b", "dtn://b/ tcpcl://c:0", "dtn://b/ tcpcl://c more", "tcpcl://c dtn://b/"])
  func whatIsNoNeighbourIsNone(_ text: String) { #expect(NetworkSettings.Known(text) == nil) }
}
