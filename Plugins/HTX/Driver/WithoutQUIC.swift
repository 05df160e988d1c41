// SPDX-License-Identifier: Apache-2.0

/// The sites where UDP did not get through lately, so that dialling them again does not wait for it. Bounded; what has no
/// room is asked again.
struct WithoutQUIC {
  private struct Site {
    var until: UInt64 = 0
    /// Links over QUIC in a row that did not hold.
    var brokenLinks = 0
  }

  private var sites: [String: Site] = [:]
  private static let capacity = 1024
  /// How often a pause doubles.
  private static let doublings = 8

  /// `pause` nanoseconds, and twice as many for each failure.
  static func pause(_ pause: UInt64, after failures: Int) -> UInt64 {
    pause << UInt64(min(max(failures, 0), doublings))
  }

  /// Whether QUIC is not worth a try.
  func contains(_ site: String, now: UInt64) -> Bool { (sites[site]?.until ?? 0) > now }

  /// Links over QUIC in a row that were answered and did not hold.
  func brokenLinks(_ site: String) -> Int { sites[site]?.brokenLinks ?? 0 }

  /// TCP came through where QUIC did not; QUIC is tried again after `pause` nanoseconds.
  mutating func add(_ site: String, now: UInt64, pause: UInt64) {
    change(site, now: now) { $0.until = max($0.until, now &+ pause) }
  }

  /// QUIC was answered, and then nothing came any more, after `life` nanoseconds as a link: the pause doubles each time,
  /// unless the link has lived for longer than that.
  mutating func broke(_ site: String, after life: UInt64, now: UInt64, pause: UInt64) {
    change(site, now: now) {
      if life >= Self.pause(pause, after: $0.brokenLinks) { $0.brokenLinks = 0 }
      $0.until = now &+ Self.pause(pause, after: $0.brokenLinks)
      $0.brokenLinks += 1
    }
  }

  /// QUIC is answered: the next dial begins with it. Whether a link holds is another matter.
  mutating func isAnswered(_ site: String) {
    guard let known = sites[site] else { return }
    if known.brokenLinks == 0 { sites[site] = nil } else { sites[site]?.until = 0 }
  }

  private mutating func change(_ site: String, now: UInt64, _ body: (inout Site) -> Void) {
    if sites.count >= Self.capacity, sites[site] == nil { sites = sites.filter { $0.value.until > now } }
    guard sites.count < Self.capacity || sites[site] != nil else { return }
    body(&sites[site, default: Site()])
  }
}
