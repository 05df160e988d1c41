// SPDX-License-Identifier: Apache-2.0

/// What somebody who listens can read of a ClientHello (RFC 8446, 4.1.2).
public struct ClientHello: Equatable, Sendable {
  /// `legacy_version`.
  public private(set) var version: UInt16
  /// Cipher suites in their order.
  public private(set) var ciphers: [UInt16] = []
  /// Types of extensions in their order.
  public private(set) var extensions: [UInt16] = []
  /// `supported_versions` (RFC 8446, 4.2.1).
  public private(set) var supportedVersions: [UInt16] = []
  /// `signature_algorithms` (RFC 8446, 4.2.3).
  public private(set) var signatureAlgorithms: [UInt16] = []
  /// The first name of ALPN (RFC 7301); nil when none is offered.
  public private(set) var firstProtocol: [UInt8]?

  /// From the body of a handshake message of type 1; nil when it is not one, or not whole.
  public init?(body: UnsafeRawBufferPointer) {
    var reader = HelloReader(body)
    guard let version = reader.number(), reader.skip(32), reader.list(lengthBytes: 1) != nil,
      let ciphers = reader.list(lengthBytes: 2)?.numbers(), !ciphers.isEmpty, reader.list(lengthBytes: 1) != nil
    else { return nil }
    self.version = version
    self.ciphers = ciphers
    guard !reader.isAtEnd else { return }
    guard var rest = reader.list(lengthBytes: 2), reader.isAtEnd else { return nil }
    while !rest.isAtEnd {
      guard let type = rest.number(), let content = rest.list(lengthBytes: 2), read(type, content) else { return nil }
      extensions.append(type)
    }
  }

  /// From TLS records (RFC 8446, 5.1), which may cut the message anywhere.
  public init?(records: UnsafeRawBufferPointer) {
    var message: [UInt8] = []
    var reader = HelloReader(records)
    while !reader.isAtEnd {
      guard reader.byte() == 22, reader.skip(2), let content = reader.list(lengthBytes: 2) else { return nil }
      message.append(contentsOf: content.rest)
      guard message.count >= 4 else { continue }
      let length = Int(message[1]) << 16 | Int(message[2]) << 8 | Int(message[3])
      guard message[0] == 1, length <= 65_536 else { return nil }
      guard message.count >= 4 + length else { continue }
      guard let hello = message.withUnsafeBytes({ ClientHello(body: .init(rebasing: $0[4..<(4 + length)])) }) else {
        return nil
      }
      self = hello
      return
    }
    return nil
  }

  /// False when the content is not what its type says.
  private mutating func read(_ type: UInt16, _ content: HelloReader) -> Bool {
    var content = content
    switch type {
    case 0x002B:
      guard let versions = content.list(lengthBytes: 1)?.numbers(), content.isAtEnd else { return false }
      supportedVersions = versions
    case 0x000D:
      guard let algorithms = content.list(lengthBytes: 2)?.numbers(), content.isAtEnd else { return false }
      signatureAlgorithms = algorithms
    case 0x0010:
      guard var names = content.list(lengthBytes: 2), content.isAtEnd else { return false }
      if !names.isAtEnd {
        guard let name = names.list(lengthBytes: 1) else { return false }
        firstProtocol = Array(name.rest)
      }
    default: break
    }
    return true
  }
}
