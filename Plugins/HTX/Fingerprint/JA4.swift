// SPDX-License-Identifier: Apache-2.0
import CGnuTLS

/// The fingerprint of a ClientHello that FoxIO publishes as JA4 (github.com/FoxIO-LLC/ja4, technical_details/JA4.md).
public struct JA4: Equatable, Sendable {
  /// What carries the ClientHello.
  public enum Carrier: String, Sendable {
    /// TLS over TCP.
    case tcp = "t"
    /// QUIC.
    case quic = "q"
  }

  /// Such as `t13d1516h2_8daaf6152771_e5627efa2ab1`.
  public let text: String
  /// The same with the lists that are hashed in `text`: JA4_r.
  public let raw: String

  /// Of a ClientHello that came by `carrier`.
  public init(_ hello: ClientHello, over carrier: Carrier) {
    let ciphers = hello.ciphers.filter { !Self.isGrease($0) }
    let extensions = hello.extensions.filter { !Self.isGrease($0) }
    let head =
      carrier.rawValue + Self.version(hello) + (extensions.contains(0) ? "d" : "i") + Self.count(ciphers)
      + Self.count(extensions) + Self.name(hello.firstProtocol)
    let sortedCiphers = Self.list(ciphers.sorted())
    // The name of the server and the protocols stand in the first part.
    let sortedExtensions = Self.list(extensions.filter { $0 != 0x0000 && $0 != 0x0010 }.sorted())
    let algorithms = Self.list(hello.signatureAlgorithms.filter { !Self.isGrease($0) })
    let last = algorithms.isEmpty ? sortedExtensions : "\(sortedExtensions)_\(algorithms)"
    text = "\(head)_\(Self.hash(sortedCiphers))_\(sortedExtensions.isEmpty ? Self.none : Self.hash(last))"
    raw = "\(head)_\(sortedCiphers)_\(last)"
  }

  /// Values that stand for nothing (RFC 8701).
  private static func isGrease(_ value: UInt16) -> Bool { value & 0x0F0F == 0x0A0A && value >> 8 == value & 0xFF }

  private static func version(_ hello: ClientHello) -> String {
    switch hello.supportedVersions.filter({ !isGrease($0) }).max() ?? hello.version {
    case 0x0304: "13"
    case 0x0303: "12"
    case 0x0302: "11"
    case 0x0301: "10"
    case 0x0300: "s3"
    case 0x0002: "s2"
    default: "00"
    }
  }

  private static func count(_ values: [UInt16]) -> String {
    let number = min(values.count, 99)
    return number < 10 ? "0\(number)" : "\(number)"
  }

  /// First and last character of a protocol's name, or of its digits where one of them is no letter or digit.
  private static func name(_ bytes: [UInt8]?) -> String {
    guard let bytes, let first = bytes.first, let last = bytes.last else { return "00" }
    let isPlain = [first, last].allSatisfy { byte in
      (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
    }
    guard !isPlain else { return String(decoding: [first, last], as: UTF8.self) }
    return String(first >> 4, radix: 16) + String(last & 15, radix: 16)
  }

  private static func list(_ values: [UInt16]) -> String {
    values.map { hex([UInt8($0 >> 8), UInt8($0 & 255)]) }.joined(separator: ",")
  }

  private static func hex(_ bytes: [UInt8]) -> String {
    bytes.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
  }

  private static let none = "000000000000"

  private static func hash(_ text: String) -> String {
    guard !text.isEmpty else { return none }
    var digest = [UInt8](repeating: 0, count: 32)
    let bytes = Array(text.utf8)
    guard gnutls_hash_fast(GNUTLS_DIG_SHA256, bytes, bytes.count, &digest) == 0 else { return none }
    return hex(Array(digest.prefix(6)))
  }
}
