// SPDX-License-Identifier: Apache-2.0
import BundleProtocol
import BundleRouting
import BundleSecurity
import MeshCrypto

/// What is done to bundles of some endpoints, with which key (RFC 9172).
public struct SecurityRule: Sendable {
  /// What is done.
  public enum Action: String, CaseIterable, Sendable {
    /// Bundles of this node for the endpoints get an integrity block over payload and primary block.
    case sign
    /// Their payload is encrypted, and the integrity block with it.
    case encrypt
    /// Bundles from the endpoints for this node are taken only with an integrity block that fits.
    case verify
    /// They are taken only encrypted, and are decrypted.
    case decrypt
  }

  /// What is done.
  public var action: Action
  /// Destinations of `sign` and `encrypt`, sources of `verify` and `decrypt`.
  public var endpoints: EndpointPattern
  /// The key, or one that wraps those in the bundles.
  public var key: SecretBytes

  /// A rule.
  public init(_ action: Action, _ endpoints: EndpointPattern, key: SecretBytes) {
    self.action = action
    self.endpoints = endpoints
    self.key = key
  }

  /// Reads `ACTION PATTERN FILE`, such as `sign ipn:2.* /etc/mesh/two.key`.
  /// - Throws: what is wrong with it or with its file, one sentence.
  public init(_ text: String) throws(SecurityRuleProblem) {
    let words = text.split(separator: " ", maxSplits: 2, omittingEmptySubsequences: true).map { String($0) }
    guard words.count == 3 else {
      throw SecurityRuleProblem(
        text: "'\(text)' is no rule; expected sign, encrypt, verify or decrypt, endpoints, a file")
    }
    guard let action = Action(rawValue: words[0]) else {
      throw SecurityRuleProblem(text: "'\(words[0])' is not sign, encrypt, verify or decrypt")
    }
    self.action = action
    do throws(BundleError) { endpoints = try EndpointPattern(words[1]) } catch {
      throw SecurityRuleProblem(text: error.text)
    }
    let file = String(words[2].drop { $0 == " " })
    guard file.hasPrefix("/") else { throw SecurityRuleProblem(text: "'\(file)' is not the whole path of a key file") }
    do throws(SecurityKeyProblem) { key = try SecurityKeyFile.load(file) } catch {
      throw SecurityRuleProblem(text: error.text)
    }
    guard action == .sign || action == .verify || [16, 32].contains(key.count) else {
      throw SecurityRuleProblem(text: "\(file) has \(key.count) bytes; AES has keys of 16 or 32, in 32 or 64 digits")
    }
  }
}

/// What is wrong with a rule.
public struct SecurityRuleProblem: Error, Equatable, Sendable {
  /// One sentence.
  public let text: String
}
