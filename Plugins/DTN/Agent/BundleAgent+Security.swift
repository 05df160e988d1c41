// SPDX-License-Identifier: Apache-2.0
import BundleProtocol
import CMeshABI

/// BPSec (RFC 9172): what leaves is signed and encrypted, what comes is checked, as the rules say.
extension BundleAgent {
  /// Protects and checks by other rules, or with other keys, from now on. What is stored stays as it is; fragments whose
  /// bundle was refused are looked at again.
  public func secure(_ rules: [SecurityRule]) {
    settings.security = rules
    security = SecurityPolicy(rules: rules)
    tryRefusedAgain()
  }

  /// Signs and encrypts a bundle of this node; false when that cannot be done, and then it may not leave.
  func protect(_ bundle: inout Bundle) -> Bool {
    // Nobody opens what never leaves.
    guard !isHere(bundle.primary.destination) else { return true }
    do throws(BundleError) {
      try security.protect(&bundle, by: name)
      return true
    } catch {
      host.log(MESH_LOG_ERROR, "a bundle for \(bundle.primary.destination) cannot be protected: \(error)")
      return false
    }
  }

  /// Decrypts and checks a bundle for this node; false when it is not to be taken.
  /// - Parameter isDeleted: whether that is its end, which its maker may want to hear of.
  func admits(_ bundle: inout Bundle, isDeleted: Bool = true) -> Bool {
    var opened = bundle
    guard let reason = security.open(&opened) else {
      bundle = opened
      return true
    }
    figures.insecure += 1
    let why =
      switch reason {
      case .missingSecurity: "it is not signed or encrypted as the key security asks"
      case .unknownSecurity: "it is encrypted, and there is no key for its source"
      default: "its signature or encryption does not fit the key"
      }
    host.log(MESH_LOG_WARNING, "bundle \(bundle.id) is refused: \(why)")
    if isDeleted { reportAtDoor(bundle, reason) }
    return false
  }
}
