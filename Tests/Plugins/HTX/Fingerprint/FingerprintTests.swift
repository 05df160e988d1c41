// SPDX-License-Identifier: Apache-2.0
import HTXFingerprint
import HTXQUIC
import TestSupport
import Testing
import TransportBytes
import TransportTLS

@Suite struct FingerprintTests {
  private static func bytes(_ values: [UInt16]) -> [UInt8] { values.flatMap { [UInt8($0 >> 8), UInt8($0 & 255)] } }
  private static func long(_ content: [UInt8]) -> [UInt8] {
    [UInt8(content.count >> 8), UInt8(content.count & 255)] + content
  }
  private static func short(_ content: [UInt8]) -> [UInt8] { [UInt8(content.count)] + content }

  /// The body of a ClientHello.
  static func body(
    version: UInt16 = 0x0303, _ ciphers: [UInt16], _ extensions: [(UInt16, [UInt8])]?
  ) -> [UInt8] {
    bytes([version]) + [UInt8](repeating: 7, count: 32) + short([1, 2, 3]) + long(bytes(ciphers)) + short([0])
      + (extensions.map { long($0.flatMap { bytes([$0.0]) + long($0.1) }) } ?? [])
  }

  private static func content(
    _ type: UInt16, protocols: [UInt8] = Array("h2".utf8), _ algorithms: [UInt16]
  ) -> [UInt8] {
    switch type {
    case 0x000D: long(bytes(algorithms))
    case 0x0010: long(short(protocols) + short(Array("http/1.1".utf8)))
    case 0x002B: short(bytes([0x1A1A, 0x0304, 0x0303]))
    default: []
    }
  }

  // The example of FoxIO's technical_details/JA4.md, in the order that it gives.
  private static let ciphers: [UInt16] = [
    0x1301, 0x1302, 0x1303, 0xC02B, 0xC02F, 0xC02C, 0xC030, 0xCCA9, 0xCCA8, 0xC013, 0xC014, 0x009C, 0x009D, 0x002F,
    0x0035,
  ]
  private static let extensions: [UInt16] = [
    0x001B, 0x0000, 0x0033, 0x0010, 0x4469, 0x0017, 0x002D, 0x000D, 0x0005, 0x0023, 0x0012, 0x002B, 0xFF01, 0x000B,
    0x000A, 0x0015,
  ]
  private static let algorithms: [UInt16] = [0x0403, 0x0804, 0x0401, 0x0503, 0x0805, 0x0501, 0x0806, 0x0601]

  static func example(grease: Bool = false, algorithms: [UInt16] = algorithms, protocols: String = "h2") -> [UInt8] {
    let types = grease ? [0x2A2A] + extensions + [0xFAFA] : extensions
    return body(
      grease ? [0x0A0A] + ciphers : ciphers,
      types.map { ($0, content($0, protocols: Array(protocols.utf8), algorithms)) })
  }

  private func fingerprint(_ body: [UInt8], _ carrier: JA4.Carrier = .tcp) throws -> JA4 {
    JA4(try #require(body.withUnsafeBytes { ClientHello(body: $0) }), over: carrier)
  }

  @Test func thePublishedExampleHasItsFingerprint() throws {
    for grease in [false, true] {
      let found = try fingerprint(Self.example(grease: grease))
      #expect(found.text == "t13d1516h2_8daaf6152771_e5627efa2ab1")
      #expect(
        found.raw == "t13d1516h2_002f,0035,009c,009d,1301,1302,1303,c013,c014,c02b,c02c,c02f,c030,cca8,cca9_"
          + "0005,000a,000b,000d,0012,0015,0017,001b,0023,002b,002d,0033,4469,ff01_"
          + "0403,0804,0401,0503,0805,0501,0806,0601")
    }
    #expect(try fingerprint(Self.example(algorithms: [])).text == "t13d1516h2_8daaf6152771_6d807ffa2a79")
    #expect(try fingerprint(Self.example(), .quic).text.hasPrefix("q13d1516h2_"))
  }

  @Test(arguments: [
    ([UInt8(0xAB)], "ab"), ([0xAB, 0xCD], "ad"), ([0x30, 0xAB], "3b"), ([0x30, 0x31, 0xAB, 0xCD], "3d"),
    ([0x30, 0xAB, 0xCD, 0x31], "01"), (Array("http/1.1".utf8), "h1"), ([0x68], "hh"), ([], "00"),
  ])
  func namesOfProtocolsAreShortenedAsPublished(_ name: [UInt8], _ expected: String) throws {
    let body = Self.body([0x1301], [(0x0010, Self.content(0x0010, protocols: name, []))])
    #expect(try fingerprint(body).text.hasPrefix("t12i0101\(expected)_"))
  }

  @Test func whatIsMissingIsShownAsMissing() throws {
    #expect(try fingerprint(Self.body(version: 0x0301, [0x0A0A], nil)).text == "t10i000000_000000000000_000000000000")
    let many = (0..<120).map { UInt16($0 + 1) }
    #expect(try fingerprint(Self.body(version: 0x7777, many, [])).text.hasPrefix("t00i990000_"))
  }

  @Test func aClientHelloIsReadFromRecordsHoweverTheyCutIt() throws {
    let body = Self.example()
    let message = [1, 0, UInt8(body.count >> 8), UInt8(body.count & 255)] + body
    let whole = try fingerprint(body)
    for size in [1, 3, 100, message.count] {
      var records: [UInt8] = []
      for start in stride(from: 0, to: message.count, by: size) {
        records += [22, 3, 1] + Self.long(Array(message[start..<min(message.count, start + size)]))
      }
      let hello = try #require(records.withUnsafeBytes { ClientHello(records: $0) })
      #expect(JA4(hello, over: .tcp) == whole)
      #expect(records.dropLast().withUnsafeBytes { ClientHello(records: $0) } == nil)
    }
  }

  @Test func whatIsCutOrChangedIsReadOrRefusedWithoutATrap() throws {
    let body = Self.example(grease: true)
    // Without extensions a hello is whole too (RFC 5246, 7.4.1.2).
    let bare = Self.body([0x0A0A] + Self.ciphers, nil).count
    for count in 0..<body.count {
      let hello = body[..<count].withUnsafeBytes { ClientHello(body: $0) }
      #expect(hello == nil || count == bare && hello?.extensions == [])
    }
    #expect((body + [0]).withUnsafeBytes { ClientHello(body: $0) } == nil)
    var random = SeededGenerator(3)
    for _ in 0..<5000 {
      var changed = body
      changed[Int(random.next() % UInt64(body.count))] = UInt8(truncatingIfNeeded: random.next())
      if let hello = changed.withUnsafeBytes({ ClientHello(body: $0) }) { _ = JA4(hello, over: .quic) }
    }
  }

  @Test func ourOwnClientHellosAreOfTLS13AndOfferHTTP() throws {
    let session = try TLSSession(
      clientOf: "example.org", isLiteral: false, pin: nil, protocols: ["h2", "http/1.1"], TLSCredentials(forPins: ()))
    #expect(try !session.handshake())
    let hello = try #require(ClientHello(records: session.output.readable))
    #expect(hello.firstProtocol == Array("h2".utf8))
    #expect(JA4(hello, over: .tcp).text.hasPrefix("t13d"))
    let bytes = try #require(try HelloSample.bytes(name: "example.org", protocols: ["h3"]))
    let quic = try #require(bytes.withUnsafeBytes { ClientHello(body: $0) })
    #expect(quic.extensions.contains(0x0039))
    let text = JA4(quic, over: .quic).text
    #expect(text.hasPrefix("q13d") && text.dropFirst(8).hasPrefix("h3_"), "\(text)")
  }
}
