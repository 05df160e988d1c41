// SPDX-License-Identifier: Apache-2.0
import Testing
import WebSocketCore

/// Compression against the examples of RFC 7692, 7.2.3.
@Suite struct DeflateTests {
  private let hello = Array("Hello".utf8)

  private func client() -> Endpoint { Endpoint(.client, compression: DeflateParameters()) }

  @Test func `one compressed block is read, in one frame or two`() {
    let whole = client()
    whole.receive([0xC1, 0x07, 0xF2, 0x48, 0xCD, 0xC9, 0xC9, 0x07, 0x00])
    #expect(whole.events == [.message(.text, hello)])
    let halves = client()
    halves.receive([0x41, 0x03, 0xF2, 0x48, 0xCD, 0x80, 0x04, 0xC9, 0xC9, 0x07, 0x00])
    #expect(halves.events == [.message(.text, hello)])
  }

  @Test func `a second message uses the window of the first`() {
    let endpoint = client()
    endpoint.receive([0xC1, 0x07, 0xF2, 0x48, 0xCD, 0xC9, 0xC9, 0x07, 0x00])
    endpoint.receive([0xC1, 0x05, 0xF2, 0x00, 0x11, 0x00, 0x00])
    #expect(endpoint.events == [.message(.text, hello), .message(.text, hello)])
  }

  @Test func `stored, final and several blocks are read`() {
    let endpoint = client()
    endpoint.receive([0xC1, 0x0B, 0x00, 0x05, 0x00, 0xFA, 0xFF, 0x48, 0x65, 0x6C, 0x6C, 0x6F, 0x00])
    endpoint.receive([0xC1, 0x08, 0xF3, 0x48, 0xCD, 0xC9, 0xC9, 0x07, 0x00, 0x00])
    endpoint.receive([0xC1, 0x05, 0xF2, 0x00, 0x11, 0x00, 0x00])
    endpoint.receive(
      [0xC1, 0x0D, 0xF2, 0x48, 0x05, 0x00, 0x00, 0x00, 0xFF, 0xFF, 0xCA, 0xC9, 0xC9, 0x07, 0x00])
    #expect(endpoint.events == [Endpoint.Event](repeating: .message(.text, hello), count: 4))
  }

  @Test func `an empty message is one zero byte`() {
    let server = Endpoint(.server, compression: DeflateParameters())
    server.send(.binary, [])
    #expect(server.takeOutput() == [0xC2, 0x01, 0x00])
  }

  @Test func `a bomb is stopped at the limit`() {
    let server = Endpoint(.server, limit: 1 << 24, compression: DeflateParameters())
    server.send(.binary, [UInt8](repeating: 0, count: 2 << 20))
    let small = Endpoint(.client, limit: 1 << 20, compression: DeflateParameters())
    small.receive(server.takeOutput())
    #expect(small.events == [.failure(.messageTooBig)])
  }

  @Test func `a message that just fits the limit passes`() {
    let server = Endpoint(.server, compression: DeflateParameters())
    server.send(.binary, [UInt8](repeating: 7, count: 1 << 20))
    let client = client()
    client.receive(server.takeOutput())
    #expect(client.events == [.message(.binary, [UInt8](repeating: 7, count: 1 << 20))])
  }

  @Test func `what is not DEFLATE fails with 1007`() {
    let endpoint = client()
    endpoint.receive([0xC1, 0x03, 0x07, 0xFF, 0xFF])
    #expect(endpoint.events == [.failure(.invalidDeflate)])
    #expect(ProtocolViolation.invalidDeflate.closeCode == .invalidPayload)
  }

  @Test func `offers are answered or declined as RFC 7692 says`() {
    #expect(DeflateParameters(offer: "permessage-deflate")?.answer == "permessage-deflate")
    #expect(DeflateParameters(offer: DeflateParameters.offer)?.answer == "permessage-deflate")
    let widest = "permessage-deflate; server_max_window_bits=15"
    #expect(DeflateParameters(offer: widest)?.answer == widest)
    let full = "permessage-deflate; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=10"
    #expect(DeflateParameters(offer: full)?.answer == full)
    #expect(DeflateParameters(offer: "permessage-deflate; client_max_window_bits=\"9\"")?.clientMaxWindowBits == 9)
    for wrong in [
      "x-webkit-deflate-frame", "permessage-deflate; server_max_window_bits=8",
      "permessage-deflate; server_max_window_bits=16", "permessage-deflate; server_max_window_bits",
      "permessage-deflate; server_max_window_bits=010", "permessage-deflate; unknown",
      "permessage-deflate; server_no_context_takeover=1",
      "permessage-deflate; server_max_window_bits=9; server_max_window_bits=9",
    ] {
      #expect(DeflateParameters(offer: wrong) == nil, "\(wrong)")
    }
    #expect(DeflateParameters(answer: "permessage-deflate; client_max_window_bits") == nil)
  }
}
