// SPDX-License-Identifier: Apache-2.0

/// The handlers that each turn calls, in the order of adding. The list may change while a turn goes through it: who is
/// taken off then leaves a gap, hears nothing more, and is let go of when the turn is over; nobody else is passed over.
struct HookList {
  private var handlers: [EventHandler] = []
  /// The same without a count, to be gone through twice a turn; nil for a gap.
  private var references: [Unmanaged<EventHandler>?] = []
  private var hasGaps = false

  /// The number of places, gaps among them.
  var count: Int { references.count }

  /// Who stands at this place; nil for a gap, and for a place that is no more.
  func handler(at place: Int) -> Unmanaged<EventHandler>? { place < references.count ? references[place] : nil }

  mutating func append(_ handler: EventHandler) {
    handlers.append(handler)
    references.append(.passUnretained(handler))
  }

  /// Leaves gaps where this handler stands.
  mutating func remove(_ handler: EventHandler) {
    for place in handlers.indices where handlers[place] === handler {
      references[place] = nil
      hasGaps = true
    }
  }

  /// Leaves gaps everywhere.
  mutating func removeAll() {
    for place in references.indices { references[place] = nil }
    hasGaps = !references.isEmpty
  }

  /// Closes the gaps. Whoever stood there, to be let go of when the list is whole again: that may call the loop.
  mutating func closeGaps() -> [EventHandler] {
    guard hasGaps else { return [] }
    let gone = handlers.indices.filter { references[$0] == nil }.map { handlers[$0] }
    handlers = handlers.indices.filter { references[$0] != nil }.map { handlers[$0] }
    references.removeAll { $0 == nil }
    hasGaps = false
    return gone
  }
}
