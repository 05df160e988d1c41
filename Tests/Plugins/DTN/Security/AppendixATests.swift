// SPDX-License-Identifier: Apache-2.0
import BundleProtocol
import Testing

@testable import BundleSecurity

/// The four examples of RFC 9173 appendix A, byte for byte.
@Suite struct AppendixATests {
  static let payload = Array("Ready to generate a 32-byte payload".utf8)
  static let integrityKey = hex("1a2b1a2b1a2b1a2b1a2b1a2b1a2b1a2b")
  static let contentKey = hex("71776572747975696f70617364666768")
  static let wrappingKey = hex("6162636465666768696a6b6c6d6e6f70")
  static let vector = hex("5477656c7665313231323132")
  static let source = EndpointID.ipn(allocator: 0, node: 2, service: 1, isShort: true)

  static func plain(age: UInt64? = nil) throws -> Bundle {
    let destination = EndpointID.ipn(allocator: 0, node: 1, service: 2, isShort: true)
    var bundle = Bundle(
      primary: PrimaryBlock(
        destination: destination, source: source, reportTo: source, timestamp: .init(time: 0, sequence: 40),
        lifetime: 1_000_000, checksum: .none),
      payload: payload, checksum: .none)
    if let age {
      bundle.age = age
      bundle.blocks[0].checksum = .none
    }
    return bundle
  }

  @Test func integrityOverThePayload() throws {
    var bundle = try Self.plain()
    try Self.integrityKey.withUnsafeBytes { key in
      try IntegrityContext.add(
        to: &bundle, number: 2, targets: [1], source: Self.source, variant: .sha512, scope: [], key: key)
      try IntegrityContext.verify(bundle, block: 2, key: key)
    }
    #expect(bundle.encoded == hex(Vectors.a1))
    bundle.blocks[1].data[3] ^= 1
    #expect(throws: BundleError.self) {
      try Self.integrityKey.withUnsafeBytes { try IntegrityContext.verify(bundle, block: 2, key: $0) }
    }
  }

  @Test func confidentialityOfThePayloadWithAWrappedKey() throws {
    var bundle = try Self.plain()
    let wrapped = try Self.contentKey.withUnsafeBytes { key in
      try Self.wrappingKey.withUnsafeBytes { try KeyWrap.wrap(key, with: $0) }
    }
    #expect(wrapped == hex("69c411276fecddc4780df42c8a2af89296fabf34d7fae700"))
    try Self.contentKey.withUnsafeBytes { key in
      try ConfidentialityContext.add(
        to: &bundle, number: 2, target: 1, source: Self.source, variant: .aes128, scope: [], vector: Self.vector,
        key: key, wrappedKey: wrapped)
    }
    #expect(bundle.encoded == hex(Vectors.a2))
    let content = try SecurityBlock(bundle.blocks[0].data)
    var key = [UInt8](repeating: 0, count: 16)
    try key.withUnsafeMutableBytes { key in
      try Self.wrappingKey.withUnsafeBytes { try KeyWrap.unwrap(content.bytes(3) ?? [], with: $0, into: key) }
    }
    #expect(key == Self.contentKey)
    try key.withUnsafeBytes { try ConfidentialityContext.remove(from: &bundle, block: 2, key: $0) }
    #expect(try bundle == Self.plain())
  }

  @Test func integrityOfPrimaryAndAgeWithAnEncryptedPayload() throws {
    var bundle = try Self.plain(age: 300)
    try Self.integrityKey.withUnsafeBytes { key in
      try IntegrityContext.add(
        to: &bundle, number: 3, targets: [0, 2], source: .ipn(allocator: 0, node: 3, service: 0, isShort: true),
        variant: .sha256, scope: [], key: key)
    }
    try Self.contentKey.withUnsafeBytes { key in
      try ConfidentialityContext.add(
        to: &bundle, number: 4, target: 1, source: Self.source, variant: .aes128, scope: [], vector: Self.vector,
        key: key)
    }
    #expect(bundle.encoded == hex(Vectors.a3))
    var theirs = try Bundle(hex(Vectors.a3))
    try Self.integrityKey.withUnsafeBytes { try IntegrityContext.verify(theirs, block: 3, key: $0) }
    try Self.contentKey.withUnsafeBytes { try ConfidentialityContext.remove(from: &theirs, block: 4, key: $0) }
    #expect(theirs.payload == Self.payload)
  }

  @Test func everythingCoveredAndBothBlocksEncrypted() throws {
    var bundle = try Self.plain()
    let key = Self.contentKey + Self.contentKey
    try Self.integrityKey.withUnsafeBytes { key in
      try IntegrityContext.add(
        to: &bundle, number: 3, targets: [1], source: Self.source, variant: .sha384, scope: .all, key: key)
    }
    let signed = bundle
    try key.withUnsafeBytes { key in
      try ConfidentialityContext.encrypt(
        &bundle, 2, [3, 1], Self.source, .aes256, .all, Self.vector, key, nil, .replicate, .none)
    }
    #expect(bundle.encoded == hex(Vectors.a4))
    var theirs = try Bundle(hex(Vectors.a4), limits: .lenient)
    try key.withUnsafeBytes { try ConfidentialityContext.remove(from: &theirs, block: 2, key: $0) }
    #expect(theirs == signed)
    try Self.integrityKey.withUnsafeBytes { try IntegrityContext.verify(theirs, block: 3, key: $0) }
  }
}
