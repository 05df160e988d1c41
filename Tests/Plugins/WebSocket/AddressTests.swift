// SPDX-License-Identifier: Apache-2.0
import Testing
import TransportTLS
import WebSocketCore

@Suite struct AddressTests {
  @Test func `addresses are read with their defaults`() throws {
    let plain = try #require(WebSocketAddress("ws://example.org"))
    #expect(plain.host == "example.org" && plain.port == 80 && plain.path == "/" && !plain.isSecure)
    #expect(plain.hostField == "example.org")
    let literal = try #require(WebSocketAddress("wss://[2001:db8::1]:8443/mesh?x=1#pin=sha256:00"))
    #expect(literal.host == "2001:db8::1" && literal.port == 8443 && literal.path == "/mesh?x=1")
    #expect(literal.pin == "sha256:00" && literal.hostField == "[2001:db8::1]:8443")
    #expect(WebSocketAddress("ws://h?q")?.path == "/?q")
    #expect(WebSocketAddress("ws://0.0.0.0:0/")?.port == 0)
  }

  @Test(arguments: [
    "", "http://h", "ws://", "ws://:80", "ws://h:", "ws://h:65536", "ws://h:-1", "ws://h:+1", "ws://u@h", "ws://[::1",
    "ws://[h]:1", "ws://[::1]x", "ws://h/ x", "ws://h/\u{E9}", "ws://h#pin=sha256:00", "wss://h#other=1",
    "ws://h/" + String(repeating: "a", count: 1024), "wss://[" + String(repeating: ":", count: 300) + "]",
  ])
  func `what is not an address is refused`(text: String) {
    #expect(WebSocketAddress(text) == nil)
  }

  @Test func `pins are read in hex and in base64url`() throws {
    let hex = try #require(PublicKeyPin("sha256:" + String(repeating: "ff", count: 32)))
    let base = try #require(PublicKeyPin("sha256:" + String(repeating: "_", count: 42) + "8"))
    #expect(hex.matches(base))
    #expect(hex.text == "sha256:" + String(repeating: "ff", count: 32))
    #expect(PublicKeyPin("sha256:00") == nil)
    #expect(PublicKeyPin("sha1:" + String(repeating: "ff", count: 32)) == nil)
    #expect(PublicKeyPin("sha256:" + String(repeating: "gg", count: 32)) == nil)
  }

  @Test func `a wrong pin is told with the pin and the way out, in the 200 bytes that a reason may have`() throws {
    let pin = try #require(PublicKeyPin("sha256:" + String(repeating: "0f", count: 32)))
    #expect(pin.mismatch.contains(pin.text) && pin.mismatch.hasSuffix("take the server's new address"))
    #expect("QUIC: \(pin.mismatch)".utf8.count <= 200)
  }
}
