// SPDX-License-Identifier: Apache-2.0
import CQUIC
import HTXHTTP3

/// A server that takes lanes only once it has answered a GET, and turns away those that come before: as one does that the
/// lanes reach before the ticket.
final class HastySite: HTTP3Handler {
  private(set) var refused = 0
  private(set) var opened = 0
  /// It opens a link with lane 0 alone; else it wants all at once, as a site of an older version.
  let opensLater: Bool
  /// Lanes are turned away for ever.
  var isClosed = false
  /// What it was asked, of which the ticket is answered last.
  private var held: Int64?

  init(opensLater: Bool = true) { self.opensLater = opensLater }

  override func head(_ connection: HTTP3Connection, stream: Int64, _ head: HTTP3Head, isFinal: Bool) {
    guard head.fields.first(":method") == "POST" else {
      held = stream
      return
    }
    let isTaken = held == nil && refused > 0 && !isClosed
    if isTaken { opened += 1 } else { refused += 1 }
    let more = isTaken && opensLater ? [HTTPField("x-lanes", "later")] : []
    _ = connection.answer(stream, [HTTPField(":status", isTaken ? "200" : "405")] + more, hasBody: isTaken)
    guard let held else { return }
    self.held = nil
    _ = connection.answer(held, [HTTPField(":status", "200")], hasBody: false)
  }

  override func fill(
    _ connection: HTTP3Connection, stream: Int64, _ vectors: UnsafeMutablePointer<cquic_vector>, limit: Int
  ) -> HTTP3Fill { .wait }
}
