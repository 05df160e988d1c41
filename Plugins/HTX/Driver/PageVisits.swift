// SPDX-License-Identifier: Apache-2.0

/// Pages that are read beside dialled links, so that a link is not the only thing that the node opens: what waits to begin.
struct PageVisits {
  /// How often a round begins at most, in nanoseconds.
  private static let pause: UInt64 = 30_000_000_000

  /// A page that is to be read. That of the dialled site is read over TCP, as somebody does who only then learns of its
  /// HTTP/3: nobody has two connections over QUIC to one site.
  typealias Visit = (address: HTXAddress, isSite: Bool)

  private var waiting: [(at: UInt64, visit: Visit)] = []
  private var nextRound: UInt64 = 0

  /// When the next one begins.
  var next: UInt64 { waiting.reduce(.max) { min($0, $1.at) } }

  /// A link to `address` is dialled: plans visits to some of the origins, each once, at times of their own.
  mutating func plan(
    beside address: HTXAddress, _ settings: CoverSettings, now: UInt64, using random: inout some RandomNumberGenerator
  ) {
    guard settings.visitsPages, now >= nextRound else { return }
    nextRound = now &+ Self.pause
    let chosen = Array(settings.origins.shuffled(using: &random).prefix(settings.originCount))
    var visits = chosen.map { Visit($0, isSite: false) }
    if settings.visitsSite, let site = address.site { visits.append(Visit(site, isSite: true)) }
    for visit in visits { waiting.append((now &+ settings.visitDelay.draw(using: &random), visit)) }
  }

  /// One that begins now.
  mutating func take(now: UInt64) -> Visit? {
    guard let index = waiting.firstIndex(where: { $0.at <= now }) else { return nil }
    return waiting.remove(at: index).visit
  }

  mutating func removeAll() { waiting.removeAll() }
}
