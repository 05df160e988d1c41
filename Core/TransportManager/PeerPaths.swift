// SPDX-License-Identifier: Apache-2.0

/// Everything that is known about the ways to one peer.
final class PeerPaths {
  let handle: PeerHandle
  var addresses: [PeerAddress] = []
  var dialsWin = false
  var isWanted = false
  var needs: PathNeeds = []
  var paths: [Path] = []
  var health: [String: TransportHealth] = [:]
  var links: [PathLink] = []
  var attempts: [PathAttempt] = []

  var chosen: LinkHandle?
  var selected: [LinkHandle?] = Array(repeating: nil, count: TransportPolicy.classCount)
  var reason = "no link has been up yet"
  var lastRTTSwitch: UInt64?
  var lossAt: UInt64?
  var lossText = ""
  /// The transport of the chosen link, kept when that link is gone.
  var chosenTransport: String?

  var lastStartAt: UInt64?
  var lastStagger: UInt64 = 0
  var nextStartAt: UInt64?
  var retryAt: UInt64?
  var reportedUnreachable = false
  var isStarving = false
  /// When choice, links and attempts were last brought in line.
  var settledAt: UInt64 = 0
  /// Its deadline is looked at again before the next one is told.
  var isTouched = false
  var roundStart: UInt64?
  var maintenanceAt: UInt64?
  var maintenanceInterval: UInt64 = 0
  /// When surplus links are looked at again.
  var pruneAt: UInt64?
  var decisions: [WhyDecision] = []

  init(handle: PeerHandle) { self.handle = handle }

  func linkIndex(_ link: LinkHandle) -> Int? { links.firstIndex { $0.handle == link } }

  func pathIndex(transport: String, address: String) -> Int? {
    paths.firstIndex { $0.transport == transport && $0.address == address }
  }

  /// The chosen link when it makes progress.
  var workingLink: PathLink? {
    guard let chosen, let index = linkIndex(chosen), links[index].state == .up else { return nil }
    return links[index]
  }

  func hasWorkingLink(over transport: String) -> Bool {
    links.contains { $0.transport == transport && $0.state == .up }
  }

  /// Whether a link works over the transport that is to stay.
  func hasLastingLink(over transport: String) -> Bool {
    links.contains { $0.transport == transport && $0.state == .up && !$0.capabilities.isYielding }
  }

  func decide(
    _ event: WhyDecision.Event, _ text: String, from: String? = nil, to: String? = nil, now: UInt64, limit: Int
  ) {
    if decisions.count >= max(1, limit) { decisions.removeFirst(decisions.count - max(1, limit) + 1) }
    decisions.append(WhyDecision(at: now, event: event, text: text, from: from, to: to))
  }

  /// When something has to be done for this peer; what was due by `now` has been done.
  func deadline(after now: UInt64, probeInterval: UInt64) -> UInt64? {
    var earliest: UInt64?
    func consider(_ time: UInt64?) {
      guard let time else { return }
      earliest = min(earliest ?? time, time)
    }
    for attempt in attempts { consider(attempt.deadline) }
    for link in links {
      if link.state == .suspect { consider(link.lastProbe.saturatingAdd(probeInterval)) }
      if link.state == .up && link.probationUntil > now { consider(link.probationUntil) }
    }
    consider(nextStartAt)
    consider(retryAt)
    consider(maintenanceAt)
    consider(pruneAt)
    return earliest
  }
}
