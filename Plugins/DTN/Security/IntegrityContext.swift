// SPDX-License-Identifier: Apache-2.0
import BundleProtocol
import CGnuTLS

/// BIB-HMAC-SHA2, the integrity context of RFC 9173 section 3.
public enum IntegrityContext {
  /// Its number.
  public static let id: UInt64 = 1

  /// Which hash.
  public enum Variant: UInt64, Sendable {
    case sha256 = 5
    case sha384 = 6
    case sha512 = 7

    var algorithm: gnutls_mac_algorithm_t {
      switch self {
      case .sha256: GNUTLS_MAC_SHA256
      case .sha384: GNUTLS_MAC_SHA384
      case .sha512: GNUTLS_MAC_SHA512
      }
    }

    /// Bytes of its result.
    public var size: Int {
      switch self {
      case .sha256: 32
      case .sha384: 48
      case .sha512: 64
      }
    }
  }

  private enum Parameter {
    static let variant: UInt64 = 1
    static let wrappedKey: UInt64 = 2
    static let scope: UInt64 = 3
  }

  /// What a block covers beside its target.
  package static func scope(of content: SecurityBlock) -> SecurityScope {
    SecurityScope(rawValue: content.number(Parameter.scope) ?? SecurityScope.all.rawValue)
  }

  /// The key that a block carries, under another.
  package static func wrappedKey(in content: SecurityBlock) -> [UInt8]? { content.bytes(Parameter.wrappedKey) }

  /// Adds an integrity block over `targets`, which need not have a checksum of their own.
  /// - Parameters:
  ///   - number: of the new block.
  ///   - key: the HMAC's key; the caller's to zero.
  ///   - wrappedKey: goes into the block for whoever has the key that wraps it.
  public static func add(
    to bundle: inout Bundle, number: UInt64, targets: [UInt64], source: EndpointID, variant: Variant = .sha384,
    scope: SecurityScope = .all, key: UnsafeRawBufferPointer, wrappedKey: [UInt8]? = nil, flags: BlockFlags = [],
    checksum: ChecksumType = .none
  ) throws(BundleError) {
    var parameters: [(id: UInt64, value: SecurityBlock.Value)] = [(Parameter.variant, .number(variant.rawValue))]
    if let wrappedKey { parameters.append((Parameter.wrappedKey, .bytes(wrappedKey))) }
    parameters.append((Parameter.scope, .number(scope.rawValue)))
    var content = SecurityBlock(targets: targets, context: id, source: source, parameters: parameters)
    var block = CanonicalBlock(type: .integrity, number: number, flags: flags, checksum: checksum, data: [])
    for target in targets {
      let code = try authenticationCode(bundle, target, block, variant, scope, key)
      content.results.append([(1, .bytes(code))])
    }
    block.data = content.encoded
    bundle.insert(security: block)
  }

  /// Checks every target of an integrity block.
  /// - Parameter key: the HMAC's key; a wrapped one is unwrapped by the caller (`KeyWrap`).
  /// - Throws: kind `checksum` when a code does not fit.
  public static func verify(
    _ bundle: Bundle, block number: UInt64, key: UnsafeRawBufferPointer
  ) throws(BundleError) {
    guard let block = bundle.block(number: number), block.type == .integrity else {
      throw BundleError(.invalid, "block \(number) is no integrity block")
    }
    let content = try SecurityBlock(block.data)
    guard content.context == id else {
      throw BundleError(.invalid, "security context \(content.context) is not BIB-HMAC-SHA2")
    }
    guard let variant = Variant(rawValue: content.number(Parameter.variant) ?? Variant.sha384.rawValue) else {
      throw BundleError(.invalid, "an unknown variant of BIB-HMAC-SHA2")
    }
    let scope = scope(of: content)
    for (target, results) in zip(content.targets, content.results) {
      let code = try authenticationCode(bundle, target, block, variant, scope, key)
      guard results.count == 1, results[0].id == 1, case .bytes(let stated) = results[0].value,
        stated.count == code.count, gnutls_memcmp(stated, code, code.count) == 0
      else { throw BundleError(.checksum, "the integrity of block \(target) is broken, or the key is another") }
    }
  }

  private static func authenticationCode(
    _ bundle: Bundle, _ target: UInt64, _ security: CanonicalBlock, _ variant: Variant, _ scope: SecurityScope,
    _ key: UnsafeRawBufferPointer
  ) throws(BundleError) -> [UInt8] {
    var input = scope.prefix(of: bundle, target: target, security: security)
    if target == 0 {
      input.string(bundle.primary.encoded)
    } else if let block = bundle.block(number: target) {
      input.string(block.data)
    } else {
      throw BundleError(.invalid, "there is no block \(target) to protect")
    }
    var code = [UInt8](repeating: 0, count: variant.size)
    let status = gnutls_hmac_fast(
      variant.algorithm, key.baseAddress, key.count, input.bytes, input.bytes.count, &code)
    guard status == 0 else { throw BundleError(.invalid, "HMAC: \(String(cString: gnutls_strerror(status)))") }
    return code
  }
}
