// SPDX-License-Identifier: Apache-2.0
import BundleProtocol
import CGnuTLS

/// BCB-AES-GCM, the confidentiality context of RFC 9173 section 4. The tag is a result of its own.
public enum ConfidentialityContext {
  /// Its number.
  public static let id: UInt64 = 2
  /// Bytes of an initialization vector, which must never be used twice with a key: take random ones.
  public static let vectorSize = 12
  private static let tagSize = 16

  /// Which key length.
  public enum Variant: UInt64, Sendable {
    case aes128 = 1
    case aes256 = 3

    var algorithm: gnutls_cipher_algorithm_t {
      self == .aes128 ? GNUTLS_CIPHER_AES_128_GCM : GNUTLS_CIPHER_AES_256_GCM
    }

    /// Bytes of a key.
    public var keySize: Int { self == .aes128 ? 16 : 32 }
  }

  private enum Parameter {
    static let vector: UInt64 = 1
    static let variant: UInt64 = 2
    static let wrappedKey: UInt64 = 3
    static let scope: UInt64 = 4
  }

  /// What a block covers beside its target.
  package static func scope(of content: SecurityBlock) -> SecurityScope {
    SecurityScope(rawValue: content.number(Parameter.scope) ?? SecurityScope.all.rawValue)
  }

  /// The key that a block carries, under another.
  package static func wrappedKey(in content: SecurityBlock) -> [UInt8]? { content.bytes(Parameter.wrappedKey) }

  /// Adds a confidentiality block and encrypts its target in place. One block has one vector, and no vector may serve
  /// twice under a key, so each target gets a block of its own.
  public static func add(
    to bundle: inout Bundle, number: UInt64, target: UInt64, source: EndpointID, variant: Variant = .aes256,
    scope: SecurityScope = .all, vector: [UInt8], key: UnsafeRawBufferPointer, wrappedKey: [UInt8]? = nil,
    flags: BlockFlags = .replicate, checksum: ChecksumType = .none
  ) throws(BundleError) {
    try encrypt(
      &bundle, number, [target], source, variant, scope, vector, key, wrappedKey, flags, checksum)
  }

  /// As `add` for several targets under one vector, as RFC 9173 appendix A.4 has it: for checking that example.
  static func encrypt(
    _ bundle: inout Bundle, _ number: UInt64, _ targets: [UInt64], _ source: EndpointID, _ variant: Variant,
    _ scope: SecurityScope, _ vector: [UInt8], _ key: UnsafeRawBufferPointer, _ wrappedKey: [UInt8]?,
    _ flags: BlockFlags, _ checksum: ChecksumType
  ) throws(BundleError) {
    guard vector.count == vectorSize else { throw BundleError(.invalid, "an initialization vector of another length") }
    var parameters: [(id: UInt64, value: SecurityBlock.Value)] = [
      (Parameter.vector, .bytes(vector)), (Parameter.variant, .number(variant.rawValue)),
    ]
    if let wrappedKey { parameters.append((Parameter.wrappedKey, .bytes(wrappedKey))) }
    parameters.append((Parameter.scope, .number(scope.rawValue)))
    var content = SecurityBlock(targets: targets, context: id, source: source, parameters: parameters)
    var block = CanonicalBlock(type: .confidentiality, number: number, flags: flags, checksum: checksum, data: [])
    let cipher = try Cipher(variant, key)
    var sealed: [(index: Int, data: [UInt8])] = []
    for target in targets {
      let index = try place(of: target, in: bundle)
      let associated = scope.prefix(of: bundle, target: target, security: block).bytes
      var output = try cipher.seal(bundle.blocks[index].data, vector, associated)
      content.results.append([(1, .bytes(Array(output.suffix(tagSize))))])
      output.removeLast(tagSize)
      sealed.append((index, output))
    }
    for (index, data) in sealed { bundle.blocks[index].data = data }
    block.data = content.encoded
    bundle.insert(security: block)
  }

  /// Decrypts every target of a confidentiality block and takes the block out.
  /// - Throws: kind `checksum` when a tag does not fit; then the bundle is unchanged.
  public static func remove(
    from bundle: inout Bundle, block number: UInt64, key: UnsafeRawBufferPointer
  ) throws(BundleError) {
    guard let block = bundle.block(number: number), block.type == .confidentiality else {
      throw BundleError(.invalid, "block \(number) is no confidentiality block")
    }
    let content = try SecurityBlock(block.data)
    guard content.context == id else {
      throw BundleError(.invalid, "security context \(content.context) is not BCB-AES-GCM")
    }
    guard let variant = Variant(rawValue: content.number(Parameter.variant) ?? Variant.aes256.rawValue) else {
      throw BundleError(.invalid, "an unknown variant of BCB-AES-GCM")
    }
    guard let vector = content.bytes(Parameter.vector), vector.count == vectorSize else {
      throw BundleError(.invalid, "an initialization vector of another length")
    }
    let scope = scope(of: content)
    let cipher = try Cipher(variant, key)
    var opened: [(index: Int, data: [UInt8])] = []
    for (target, results) in zip(content.targets, content.results) {
      guard results.count == 1, results[0].id == 1, case .bytes(let tag) = results[0].value, tag.count == tagSize else {
        throw BundleError(.invalid, "the tag of block \(target) is missing")
      }
      let index = try place(of: target, in: bundle)
      let associated = scope.prefix(of: bundle, target: target, security: block).bytes
      guard let data = cipher.open(bundle.blocks[index].data + tag, vector, associated) else {
        throw BundleError(.checksum, "block \(target) cannot be decrypted: it was changed, or the key is another")
      }
      opened.append((index, data))
    }
    for (index, data) in opened { bundle.blocks[index].data = data }
    bundle.blocks.removeAll { $0.number == number }
  }

  private static func place(of target: UInt64, in bundle: Bundle) throws(BundleError) -> Int {
    guard target != 0, let index = bundle.blocks.firstIndex(where: { $0.number == target }) else {
      throw BundleError(.invalid, "there is no block \(target) to encrypt; the primary block cannot be")
    }
    return index
  }
}

/// One AES-GCM key in GnuTLS.
private final class Cipher {
  private var handle: gnutls_aead_cipher_hd_t?

  init(_ variant: ConfidentialityContext.Variant, _ key: UnsafeRawBufferPointer) throws(BundleError) {
    guard key.count == variant.keySize else {
      throw BundleError(.invalid, "a key of \(key.count) bytes where \(variant.keySize) are needed")
    }
    var datum = gnutls_datum_t(
      data: UnsafeMutablePointer(mutating: key.baseAddress?.assumingMemoryBound(to: UInt8.self)),
      size: UInt32(key.count))
    let status = gnutls_aead_cipher_init(&handle, variant.algorithm, &datum)
    guard status == 0 else { throw BundleError(.invalid, "AES-GCM: \(String(cString: gnutls_strerror(status)))") }
  }

  deinit { gnutls_aead_cipher_deinit(handle) }

  func seal(_ plain: [UInt8], _ vector: [UInt8], _ associated: [UInt8]) throws(BundleError) -> [UInt8] {
    var output = [UInt8](repeating: 0, count: plain.count + 16)
    var count = output.count
    let status = gnutls_aead_cipher_encrypt(
      handle, vector, vector.count, associated, associated.count, 16, plain, plain.count, &output, &count)
    guard status == 0 else { throw BundleError(.invalid, "AES-GCM: \(String(cString: gnutls_strerror(status)))") }
    return output
  }

  func open(_ sealed: [UInt8], _ vector: [UInt8], _ associated: [UInt8]) -> [UInt8]? {
    var output = [UInt8](repeating: 0, count: max(sealed.count, 1))
    var count = output.count
    let status = gnutls_aead_cipher_decrypt(
      handle, vector, vector.count, associated, associated.count, 16, sealed, sealed.count, &output, &count)
    guard status == 0 else { return nil }
    return Array(output.prefix(count))
  }
}
