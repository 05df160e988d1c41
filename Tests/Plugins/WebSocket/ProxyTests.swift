// SPDX-License-Identifier: Apache-2.0
import Testing
import WebSocketCore

/// What is said to proxies, byte by byte.
@Suite struct ProxyTests {
  private func step(_ handshake: inout ProxyHandshake, _ bytes: [UInt8]) throws -> ProxyHandshake.Step {
    try bytes.withUnsafeBytes { try handshake.receive($0) }
  }

  @Test func `CONNECT names the target and carries the credentials`() throws {
    let proxy = try #require(ProxyAddress("http://Aladdin:open%20sesame@proxy:3128"))
    var handshake = ProxyHandshake(proxy: proxy, host: "2001:db8::1", port: 443)
    let text = String(decoding: handshake.opening, as: UTF8.self)
    #expect(text.hasPrefix("CONNECT [2001:db8::1]:443 HTTP/1.1\r\nHost: [2001:db8::1]:443\r\n"))
    #expect(text.contains("Proxy-Authorization: Basic QWxhZGRpbjpvcGVuJTIwc2VzYW1l\r\n"))
    #expect(try step(&handshake, Array("HTTP/1.1 200".utf8)) == .wait)
    #expect(try step(&handshake, Array("HTTP/1.1 200 OK\r\n\r\nrest".utf8)) == .connected(consumed: 19))
  }

  @Test(arguments: [
    (407, ProxyHandshake.Refusal.credentials), (403, .forbidden), (502, .unreachable), (504, .unreachable),
  ])
  func `refusals of CONNECT are told apart`(status: Int, refusal: ProxyHandshake.Refusal) throws {
    let proxy = try #require(ProxyAddress("http://proxy"))
    var handshake = ProxyHandshake(proxy: proxy, host: "h", port: 1)
    #expect(throws: refusal) { try step(&handshake, Array("HTTP/1.1 \(status) No\r\n\r\n".utf8)) }
  }

  @Test func `SOCKS5 goes through method, password and request`() throws {
    let proxy = try #require(ProxyAddress("socks5://me:pw@127.0.0.1:1080"))
    var handshake = ProxyHandshake(proxy: proxy, host: "node", port: 0x1234)
    #expect(handshake.opening == [5, 2, 0, 2])
    #expect(try step(&handshake, [5]) == .wait)
    #expect(
      try step(&handshake, [5, 2])
        == .send(consumed: 2, [1, 2] + Array("me".utf8) + [2] + Array("pw".utf8)))
    #expect(try step(&handshake, [1, 0]) == .send(consumed: 2, [5, 1, 0, 3, 4] + Array("node".utf8) + [0x12, 0x34]))
    #expect(try step(&handshake, [5, 0, 0, 1, 0, 0, 0, 0, 0]) == .wait)
    #expect(try step(&handshake, [5, 0, 0, 1, 0, 0, 0, 0, 0, 0, 9]) == .connected(consumed: 10))
  }

  @Test(
    arguments: [(1, ProxyHandshake.Refusal.unreachable), (2, .forbidden), (5, .unreachable), (9, .forbidden)]
      as [(UInt8, ProxyHandshake.Refusal)])
  func `refusals of SOCKS5 are told apart`(code: UInt8, refusal: ProxyHandshake.Refusal) throws {
    let proxy = try #require(ProxyAddress("socks5://127.0.0.1"))
    var handshake = ProxyHandshake(proxy: proxy, host: "h", port: 1)
    #expect(try step(&handshake, [5, 0]) == .send(consumed: 2, [5, 1, 0, 3, 1, 0x68, 0, 1]))
    #expect(throws: refusal) { try step(&handshake, [5, code, 0, 1, 0, 0, 0, 0, 0, 0]) }
  }

  @Test func `a SOCKS5 proxy that wants credentials we lack is a matter of keys`() throws {
    let proxy = try #require(ProxyAddress("socks5://127.0.0.1"))
    var handshake = ProxyHandshake(proxy: proxy, host: "h", port: 1)
    #expect(throws: ProxyHandshake.Refusal.credentials) { try step(&handshake, [5, 0xFF]) }
  }

  @Test(arguments: ["", "ftp://h", "http://", "socks5://u@h", "socks5://:p@h", "http://h:99999"])
  func `what is not a proxy is refused`(text: String) {
    #expect(ProxyAddress(text) == nil)
  }
}
