// SPDX-License-Identifier: Apache-2.0

/// The head of a request, whatever version of HTTP brought it.
public struct SiteRequest: Sendable {
  /// As it came, for example `GET`.
  public let method: String
  /// Path and query, or an absolute URI.
  public let target: String
  /// `:authority`, or `Host`; nil when neither came.
  public let authority: String?
  /// The other fields.
  public let fields: [SiteField]

  /// A head.
  public init(method: String, target: String, authority: String?, fields: [SiteField] = []) {
    self.method = method
    self.target = target
    self.authority = authority
    self.fields = fields
  }

  /// Whether the answer has no body.
  public var isHead: Bool { method == "HEAD" }
}
