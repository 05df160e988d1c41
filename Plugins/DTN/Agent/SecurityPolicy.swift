// SPDX-License-Identifier: Apache-2.0
import BundleProtocol
import BundleRouting
import BundleSecurity
import MeshCrypto

/// What is done to a node's own bundles before they leave, and asked of those for it before they are taken. Of the rules
/// for one action the first that fits decides.
struct SecurityPolicy: Sendable {
  var rules: [SecurityRule] = []

  private static let payload: UInt64 = 1

  private func key(_ action: SecurityRule.Action, _ endpoint: EndpointID) -> SecretBytes? {
    rules.first { $0.action == action && $0.endpoints.matches(endpoint) }?.key
  }

  /// Signs and encrypts a bundle that this node has made.
  func protect(_ bundle: inout Bundle, by node: EndpointID) throws(BundleError) {
    let signing = key(.sign, bundle.primary.destination)
    let encrypting = key(.encrypt, bundle.primary.destination)
    guard signing != nil || encrypting != nil else { return }
    // Fragments cannot be checked (RFC 9172 section 5.2); the flag is covered by what follows.
    bundle.primary.flags.insert(.mustNotFragment)
    var targets = [Self.payload]
    if let signing {
      let number = bundle.freeNumber
      try signing.withBytes { key throws(BundleError) in
        try IntegrityContext.add(to: &bundle, number: number, targets: targets, source: node, key: key)
      }
      // What is encrypted may not be guessed at by its signature (RFC 9172 section 3.9).
      targets.append(number)
    }
    guard let encrypting else { return }
    for target in targets {
      var vector = [UInt8](repeating: 0, count: ConfidentialityContext.vectorSize)
      vector.withUnsafeMutableBytes { RandomBytes.system.fill($0) }
      let number = bundle.freeNumber
      try encrypting.withBytes { key throws(BundleError) in
        try ConfidentialityContext.add(
          to: &bundle, number: number, target: target, source: node, variant: key.count == 16 ? .aes128 : .aes256,
          vector: vector, key: key)
      }
    }
  }

  /// Decrypts and checks a bundle for this node.
  /// - Returns: nil when it may be taken; else why not, and the bundle is then of no use.
  func open(_ bundle: inout Bundle) -> StatusReason? {
    if let reason = decrypt(&bundle) { return reason }
    guard let base = key(.verify, bundle.primary.source) else { return nil }
    var reason = StatusReason.missingSecurity
    for block in bundle.blocks where block.type == .integrity {
      guard let content = try? SecurityBlock(block.data), content.context == IntegrityContext.id,
        content.targets.contains(Self.payload)
      else { continue }
      reason = .failedSecurity
      // Without the primary block a signed payload could be put into another bundle.
      guard IntegrityContext.scope(of: content).contains(.primary),
        let key = SecurityPolicy.key(base, wrapped: IntegrityContext.wrappedKey(in: content))
      else { continue }
      let isGood = key.withBytes { key in
        do throws(BundleError) {
          try IntegrityContext.verify(bundle, block: block.number, key: key)
          return true
        } catch { return false }
      }
      if isGood { return nil }
    }
    return reason
  }

  private func decrypt(_ bundle: inout Bundle) -> StatusReason? {
    let base = key(.decrypt, bundle.primary.source)
    var isEncrypted = false
    for block in bundle.blocks where block.type == .confidentiality {
      guard let content = try? SecurityBlock(block.data) else { return .failedSecurity }
      let isOfPayload = content.targets.contains(Self.payload)
      guard let base else {
        // Of other blocks only those that the bundle cannot do without matter, and they say so themselves.
        if isOfPayload { return .unknownSecurity }
        continue
      }
      guard content.context == ConfidentialityContext.id,
        !isOfPayload || ConfidentialityContext.scope(of: content).contains(.primary),
        let key = SecurityPolicy.key(base, wrapped: ConfidentialityContext.wrappedKey(in: content))
      else { return .failedSecurity }
      let isGood = key.withBytes { key in
        do throws(BundleError) {
          try ConfidentialityContext.remove(from: &bundle, block: block.number, key: key)
          return true
        } catch { return false }
      }
      guard isGood else { return .failedSecurity }
      isEncrypted = isEncrypted || isOfPayload
    }
    return base == nil || isEncrypted ? nil : .missingSecurity
  }

  /// The key of a block: the one of the rule, or the one that the block carries under it; nil when that does not fit.
  private static func key(_ base: SecretBytes, wrapped: [UInt8]?) -> SecretBytes? {
    guard let wrapped else { return base }
    guard [16, 32].contains(base.count), SecurityKeyFile.sizes.contains(wrapped.count - 8) else { return nil }
    var isGood = false
    let key = SecretBytes(count: wrapped.count - 8) { output in
      base.withBytes { base in
        do throws(BundleError) {
          try KeyWrap.unwrap(wrapped, with: base, into: output)
          isGood = true
        } catch { isGood = false }
      }
    }
    return isGood ? key : nil
  }
}
