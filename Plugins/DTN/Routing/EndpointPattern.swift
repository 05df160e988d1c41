// SPDX-License-Identifier: Apache-2.0
import BundleProtocol

/// Which endpoints are meant: one, all of a node, all with a beginning, or all.
public struct EndpointPattern: Hashable, Sendable {
  private let text: String
  private let isPrefix: Bool

  /// From its text: an endpoint, or its beginning and `*`, such as `dtn://ship/*`, `ipn:4.*`, `*`.
  public init(_ text: String) throws(BundleError) {
    isPrefix = text.hasSuffix("*")
    self.text = isPrefix ? String(text.dropLast()) : text
    guard !self.text.contains("*") else {
      throw BundleError(
        .invalid, "'\(text)' is not a pattern of endpoints; expected an endpoint or its beginning and *")
    }
    if !isPrefix { _ = try EndpointID(text) }
  }

  /// Every endpoint.
  public static let all = EndpointPattern()

  private init() {
    text = ""
    isPrefix = true
  }

  /// Whether the endpoint is meant.
  public func matches(_ endpoint: EndpointID) -> Bool {
    let name = endpoint.description
    return isPrefix ? name.hasPrefix(text) : name == text
  }
}
