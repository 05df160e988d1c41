// SPDX-License-Identifier: Apache-2.0
import HTXSite
import HTXTickets

/// A request while it arrives, whatever version of HTTP brings it. What is wrong with it is answered as nginx does.
package struct WebRequest {
  /// Bytes of names and values of a head, and how many fields are kept; others are only counted.
  static let headLimit = 32_768
  static let fieldLimit = 256
  /// Bytes of a form that may hold a ticket.
  static let formLimit = 4096
  /// The most bytes of a body, as small servers have it.
  static let bodyLimit = 1 << 20

  package var method = ""
  package var scheme = ""
  package var target = ""
  package var authority: String?
  var fields: [SiteField] = []
  /// It is answered with 400.
  package var isBad = false
  package private(set) var headBytes = 0
  private(set) var bodyBytes = 0
  private var form: [UInt8] = []

  package init() {}

  /// Whether the head is larger than is read.
  package var isTooLarge: Bool { headBytes > Self.headLimit }

  /// Counts bytes of names and values; false when there are too many.
  mutating func count(_ bytes: Int) -> Bool {
    headBytes += bytes
    return !isTooLarge
  }

  mutating func add(_ name: String, _ value: String) {
    guard fields.count < Self.fieldLimit else { return }
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

  /// Whether the body has to be waited for: it may be a form with a ticket.
  package var mayHoldTicket: Bool {
    !isBad && isForm && bodyBytes <= Self.formLimit && length.map { $0 <= Int64(Self.formLimit) } != false
  }

  /// What may be a ticket, once the body is whole.
  package var candidates: [String] {
    TicketCandidates.find(
      target: target, cookies: fields.all("cookie"),
      form: isForm && bodyBytes == form.count ? String(decoding: form, as: UTF8.self) : nil)
  }

  /// Whether the head is that of a lane whose sender takes padding.
  package var takesPadding: Bool { fields.first(LaneNumbers.padding.name) == LaneNumbers.padding.value }

  /// What the site is asked.
  var head: SiteRequest { SiteRequest(method: method, target: target, authority: authority, fields: fields) }

  /// The site's answer, or its complaint.
  package func answer(_ site: Site, _ now: Int64) -> SiteResponse {
    guard let failure = isBad ? 400 : isBodyTooLarge ? 413 : nil else {
      return site.respond(to: head, unixSeconds: now)
    }
    let page = site.failure(failure, unixSeconds: now)
    return method == "HEAD" ? page.withoutBody() : page
  }

  private var length: Int64? { fields.first("content-length").map { Int64($0) ?? .max } }

  /// Whether the body is larger than is taken, as it was announced.
  var isBodyTooLarge: Bool { length.map { $0 > Int64(Self.bodyLimit) } == true }
}
