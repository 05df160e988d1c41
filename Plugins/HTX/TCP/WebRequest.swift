// SPDX-License-Identifier: Apache-2.0
import HTXSite
import HTXTickets

/// A request while it arrives, whatever version of HTTP brings it.
package struct WebRequest {
  /// Bytes of all fields of a head.
  static let fieldLimit = 32_768
  /// Bytes of a form that may hold a ticket.
  static let formLimit = 4096
  /// The most bytes of a body, as small servers have it.
  static let bodyLimit = 1 << 20

  package var method = ""
  package var target = ""
  package var authority: String?
  var fields: [SiteField] = []
  /// It had more fields than were kept.
  package var isCut = false
  package private(set) var fieldBytes = 0
  private(set) var bodyBytes = 0
  private var form: [UInt8] = []

  package init() {}

  /// Whether the head is larger than is read.
  package var isTooLarge: Bool { isCut || fieldBytes > Self.fieldLimit || target.utf8.count > Site.targetLimit }

  package mutating func add(_ name: String, _ value: String) {
    fieldBytes += name.utf8.count + value.utf8.count + 32
    guard fieldBytes <= Self.fieldLimit else { return }
    fields.append(SiteField(name, value))
  }

  package mutating func addBody(_ bytes: UnsafeRawBufferPointer) {
    bodyBytes += bytes.count
    guard isForm, form.count + bytes.count <= Self.formLimit else { return }
    form.append(contentsOf: bytes)
  }

  private var isForm: Bool {
    method == "POST"
      && fields.first("content-type")?.lowercased().hasPrefix("application/x-www-form-urlencoded") == true
  }

  /// What may be a ticket, once the body is whole.
  package var candidates: [String] {
    TicketCandidates.find(
      target: target, cookies: fields.all("cookie"),
      form: isForm && bodyBytes == form.count ? String(decoding: form, as: UTF8.self) : nil)
  }

  /// What the site is asked.
  var head: SiteRequest { SiteRequest(method: method, target: target, authority: authority, fields: fields) }

  /// The site's answer, or its complaint.
  package func answer(_ site: Site, _ now: Int64) -> SiteResponse {
    let failure: Int? =
      if target.utf8.count > Site.targetLimit { 414 } else if isTooLarge { 431 } else if isBodyTooLarge { 413 } else {
        nil
      }
    guard let failure else { return site.respond(to: head, unixSeconds: now) }
    return site.failure(failure, unixSeconds: now)
  }

  /// Whether the body is larger than is taken, as announced or as it came.
  package var isBodyTooLarge: Bool {
    bodyBytes > Self.bodyLimit
      || fields.first("content-length").map { (Int64($0) ?? .max) > Int64(Self.bodyLimit) } == true
  }
}
