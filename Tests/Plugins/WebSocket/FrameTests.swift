// SPDX-License-Identifier: Apache-2.0
import Testing
import WebSocketCore

/// Frames against the examples of RFC 6455, 5.7, and its rules.
@Suite struct FrameTests {
  @Test func `the single-frame examples of RFC 6455 are read`() {
    let unmasked = Endpoint(.client)
    unmasked.receive([0x81, 0x05, 0x48, 0x65, 0x6C, 0x6C, 0x6F])
    #expect(unmasked.events == [.message(.text, Array("Hello".utf8))])
    let masked = Endpoint(.server)
    masked.receive([0x81, 0x85, 0x37, 0xFA, 0x21, 0x3D, 0x7F, 0x9F, 0x4D, 0x51, 0x58])
    #expect(masked.events == [.message(.text, Array("Hello".utf8))])
  }

  @Test func `the fragmented and ping examples of RFC 6455 are read`() {
    let client = Endpoint(.client)
    client.receive([0x01, 0x03, 0x48, 0x65, 0x6C, 0x89, 0x05, 0x48, 0x65, 0x6C, 0x6C, 0x6F, 0x80, 0x02, 0x6C, 0x6F])
    #expect(client.events == [.ping(Array("Hello".utf8)), .message(.text, Array("Hello".utf8))])
    #expect(client.takeOutput()[0] == 0x8A)
  }

  @Test func `the length examples of RFC 6455 are written and read`() {
    let server = Endpoint(.server)
    server.send(.binary, [UInt8](repeating: 1, count: 256))
    #expect(server.takeOutput().prefix(4) == [0x82, 0x7E, 0x01, 0x00])
    server.send(.binary, [UInt8](repeating: 1, count: 65_536))
    let long = server.takeOutput()
    #expect(long.prefix(10) == [0x82, 0x7F, 0, 0, 0, 0, 0, 1, 0, 0])
    let client = Endpoint(.client)
    client.receive(long)
    #expect(client.events == [.message(.binary, [UInt8](repeating: 1, count: 65_536))])
  }

  static let violations: [(Role, [UInt8], ProtocolViolation)] = [
    (.client, [0xC1, 0x00], .reservedBit), (.client, [0xA1, 0x00], .reservedBit),
    (.client, [0x91, 0x00], .reservedBit), (.client, [0x83, 0x00], .reservedOpcode),
    (.client, [0x87, 0x00], .reservedOpcode), (.client, [0x8B, 0x00], .reservedOpcode),
    (.client, [0x8F, 0x00], .reservedOpcode), (.server, [0x81, 0x00], .unmaskedClientFrame),
    (.client, [0x81, 0x80], .maskedServerFrame), (.client, [0x82, 126, 0, 125], .lengthNotMinimal),
    (.client, [0x82, 127, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF], .lengthNotMinimal),
    (.client, [0x82, 127, 0x80, 0, 0, 0, 0, 0, 0, 0], .lengthTooLarge), (.client, [0x09, 0x00], .fragmentedControl),
    (.client, [0x89, 126], .controlTooLong), (.client, [0x80, 0x00], .continuationWithoutStart),
    (.client, [0x01, 0x00, 0x81, 0x00], .messageInsideMessage), (.client, [0x88, 0x01, 0x03], .closeTooShort),
    (.client, [0x88, 0x02, 0x03, 0xED], .closeCodeInvalid), (.client, [0x81, 0x01, 0xFF], .invalidUTF8),
    (.client, [0x88, 0x03, 0x03, 0xE8, 0xFF], .invalidUTF8), (.client, [0x81, 0x01, 0xC3], .invalidUTF8),
    (.client, [0x82, 127, 0, 0, 0, 0, 0, 0x10, 0, 1], .messageTooBig),
  ]

  @Test(arguments: violations)
  func `a broken rule fails the connection with its code`(
    role: Role, bytes: [UInt8], violation: ProtocolViolation
  ) {
    let endpoint = Endpoint(role)
    endpoint.receive(bytes)
    #expect(endpoint.events == [.failure(violation)])
    let answer = endpoint.takeOutput()
    #expect(answer.first == 0x88)
    #expect(endpoint.connection.hasSentClose)
    let other = Endpoint(role == .client ? .server : .client)
    other.receive(answer)
    #expect(other.events == [.close(violation.closeCode.rawValue)])
  }

  @Test func `text that cannot become valid fails before its frame is complete`() {
    let client = Endpoint(.client)
    client.receive([0x81, 0x7E, 0x04, 0x00, 0x41, 0xF4, 0x90])
    #expect(client.events == [.failure(.invalidUTF8)])
  }

  @Test func `what follows a close frame is not looked at`() {
    let client = Endpoint(.client)
    client.receive([0x88, 0x02, 0x03, 0xE8] + frame(1, [0x41]) + [0xFF, 0xFF])
    #expect(client.events == [.close(1000)])
    #expect(client.connection.hasSentClose)
  }

  @Test func `close codes are valid as section 7,4 of RFC 6455 and its registry say`() {
    let valid: [UInt16] = [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4999]
    let invalid: [UInt16] = [0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65_535]
    #expect(valid.allSatisfy { CloseCode(rawValue: $0).isValidOnWire })
    #expect(!invalid.contains { CloseCode(rawValue: $0).isValidOnWire })
  }
}
