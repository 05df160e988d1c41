// SPDX-License-Identifier: Apache-2.0

import MeshCrypto
import MeshWire

/// The cheap checks in front of the handshake: mac1 and the cookie, as in WireGuard.
struct NetworkKeys: ~Copyable {
  private let ownMacKey: [UInt8]
  private let ownCookieKey: [UInt8]
  private var cookieSecret: [UInt8]
  private var cookieSecretAt: UInt64 = 0

  init(own: NodeID, random: RandomBytes) {
    ownMacKey = Self.macKey(of: own)
    ownCookieKey = Self.cookieKey(of: own)
    cookieSecret = random.bytes(32)
  }

  private static func macKey(of id: NodeID) -> [UInt8] {
    SHA256.hash(Array("mesh mac1".utf8) + id.withBytes { Array($0) })
  }

  private static func cookieKey(of id: NodeID) -> [UInt8] {
    SHA256.hash(Array("mesh cookie".utf8) + id.withBytes { Array($0) })
  }

  private static func code(_ message: [UInt8], key: [UInt8]) -> [UInt8] {
    Array(key.withUnsafeBytes { HMACSHA256.code(message, key: $0) }.prefix(LinkHandshake.macLength))
  }

  /// What a first message to `responder` must carry.
  func mac1(of message: [UInt8], responder: NodeID) -> [UInt8] {
    Self.code(message, key: Self.macKey(of: responder))
  }

  static func mac2(of message: [UInt8], cookie: [UInt8]) -> [UInt8] {
    code(message, key: cookie)
  }

  /// Whether message 1 was made by somebody who knows our name.
  func acceptsMac1(_ packet: UnsafeRawBufferPointer) -> Bool {
    let end = packet.count - 2 * LinkHandshake.macLength
    guard end > 0 else { return false }
    let expected = Self.code(Array(packet[0..<end]), key: ownMacKey)
    return constantTimeEqual(expected, Array(packet[end..<end + LinkHandshake.macLength]))
  }

  /// The cookie for a source; it changes every two minutes.
  mutating func cookie(for source: UInt64, random: RandomBytes, now: UInt64) -> [UInt8] {
    if now - cookieSecretAt > 120 * SessionOptions.second {
      cookieSecret = random.bytes(32)
      cookieSecretAt = now
    }
    let input = withUnsafeBytes(of: source.bigEndian) { Array($0) }
    return Self.code(input, key: cookieSecret)
  }

  /// The answer that carries a cookie. Only who has seen the first message, whose mac1 it is bound to, can make one.
  func seal(cookie: [UInt8], for message: UnsafeRawBufferPointer, random: RandomBytes) -> [UInt8] {
    let nonce = random.bytes(XChaCha20Poly1305.nonceLength)
    let end = message.count - LinkHandshake.macLength
    return [PacketHeader.Kind.cookie.rawValue] + nonce
      + XChaCha20Poly1305.seal(
        cookie, key: ownCookieKey, nonce: nonce, associated: Array(message[end - LinkHandshake.macLength..<end]))
  }

  /// The cookie in an answer of `responder` to the first message `message`; nil when it is no answer to that.
  static func openCookie(_ packet: UnsafeRawBufferPointer, of responder: NodeID, for message: [UInt8]) -> [UInt8]? {
    guard packet.count == cookiePacketLength, message.count >= 2 * LinkHandshake.macLength else { return nil }
    let end = message.count - LinkHandshake.macLength
    let sealed = 1 + XChaCha20Poly1305.nonceLength
    return XChaCha20Poly1305.open(
      Array(packet[sealed...]), key: cookieKey(of: responder), nonce: Array(packet[1..<sealed]),
      associated: Array(message[end - LinkHandshake.macLength..<end]))
  }

  static let cookiePacketLength =
    1 + XChaCha20Poly1305.nonceLength + LinkHandshake.macLength + XChaCha20Poly1305.tagLength

  func acceptsMac2(_ packet: UnsafeRawBufferPointer, cookie: [UInt8]) -> Bool {
    let end = packet.count - LinkHandshake.macLength
    guard end > 0 else { return false }
    return constantTimeEqual(Self.mac2(of: Array(packet[0..<end]), cookie: cookie), Array(packet[end...]))
  }
}
