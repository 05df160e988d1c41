// SPDX-License-Identifier: Apache-2.0
import BundleProtocol
import BundleRouting

/// By what bundles for some destinations are routed.
public struct RoutingRule: Equatable, Sendable {
  /// Which destinations.
  public var destinations: EndpointPattern
  /// How they are written.
  public var pattern: String
  /// By what.
  public var choice: RoutingChoice

  /// Reads `PATTERN PROTOCOL`, such as `ipn:4.* contacts`, `dtn://ship/* spray 4`, `* via dtn://hub/ ipn:2.0`.
  /// - Throws: what is wrong with it, one sentence without a full stop.
  public init(_ text: String) throws(BundleError) {
    let words = text.split(separator: " ").map { String($0) }
    guard words.count >= 2 else {
      throw BundleError(.invalid, "'\(text)' is no rule; expected a pattern of endpoints and a protocol")
    }
    pattern = words[0]
    destinations = try EndpointPattern(words[0])
    let rest = words.dropFirst(2)
    switch words[1] {
    case "via":
      var nodes: [EndpointID] = []
      for word in rest {
        guard let node = try EndpointID(word).node else { throw BundleError(.invalid, "'\(word)' is no node") }
        nodes.append(node)
      }
      guard (1...64).contains(nodes.count) else { throw BundleError(.invalid, "'\(text)': via whom is missing") }
      choice = .via(nodes)
      return
    case "spray":
      let copies = rest.first.map { UInt32($0) ?? 0 } ?? 8
      guard (1...1024).contains(copies), rest.count <= 1 else {
        throw BundleError(.invalid, "'\(text)': expected a number of copies from 1 to 1024")
      }
      choice = .sprayAndWait(copies: copies)
      return
    case "direct": choice = .direct
    case "epidemic": choice = .epidemic
    case "prophet": choice = .prophet
    case "contacts": choice = .contacts
    default:
      throw BundleError(
        .invalid, "'\(words[1])' is no protocol; expected via, direct, epidemic, spray, prophet or contacts")
    }
    guard rest.isEmpty else { throw BundleError(.invalid, "'\(text)': \(words[1]) has nothing behind it") }
  }
}
