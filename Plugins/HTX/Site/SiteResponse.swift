// SPDX-License-Identifier: Apache-2.0

/// An answer: the head, and where its body comes from.
public struct SiteResponse {
  /// For example 200.
  public let status: Int
  /// In the order that they are sent in; `content-length` is among them wherever there is a body.
  public let fields: [SiteField]
  /// What follows the head; empty for an answer to HEAD.
  public let body: SiteBody

  init(status: Int, fields: [SiteField], body: SiteBody) {
    self.status = status
    self.fields = fields
    self.body = body
  }

  /// The words that HTTP/1.1 has behind the status.
  public var reason: String { StatusText.reason(status) }

  /// The same answer with one field more.
  func adding(_ field: SiteField) -> SiteResponse {
    SiteResponse(status: status, fields: fields + [field], body: body)
  }

  /// The same answer as HEAD gets it.
  public func withoutBody() -> SiteResponse { SiteResponse(status: status, fields: fields, body: .none) }
}
