// SPDX-License-Identifier: Apache-2.0
import BundleProtocol
import BundleStore
import CMeshABI

/// Status reports (RFC 9171 section 6.1): said where the bundle asks and the configuration allows it, and heard.
///
/// None is about an administrative record, an anonymous bundle or one that names nobody to report to, and so many go out in
/// a minute that nobody can make this node flood another, nor one node have all of them.
extension BundleAgent {
  /// A report that came back. Anybody can have said it.
  public struct HeardReport: Sendable {
    /// The bundle that brought it came from there.
    public var source: EndpointID
    /// When it came, in milliseconds of the bundle epoch.
    public var time: UInt64
    /// What it says.
    public var report: StatusReport
  }

  /// Reports that are kept for people to look at.
  private static let heardLimit = 256
  /// Deletions at the door that are remembered, so that a sender that tries again gets no second report.
  private static let doorLimit = 1024
  private static let longestReport: UInt64 = 86_400_000
  private static let shortestReport: UInt64 = 3_600_000

  /// Whether a report of this kind may be sent at all.
  func reports(_ kind: BundleFlags) -> Bool { settings.reports.contains(kind) }

  /// Reports on a bundle of the store.
  func report(_ kind: BundleFlags, of sequence: UInt64) {
    guard reports(kind), let bundle = bundle(sequence) else { return }
    report(kind, of: bundle)
  }

  /// Takes a bundle out of the store and reports on that, in the room that it leaves.
  func remove(
    _ sequence: UInt64, reporting kind: BundleFlags, reason: StatusReason = .none, isRead: Bool = false
  ) {
    let bundle = reports(kind) ? bundle(sequence) : nil
    remove(sequence, isRead: isRead)
    if let bundle { report(kind, of: bundle, reason: reason) }
  }

  /// Reports on a bundle, if it asks for that.
  /// - Parameter isWanted: a block asks where the bundle does not.
  func report(_ kind: BundleFlags, of bundle: Bundle, reason: StatusReason = .none, isWanted: Bool = false) {
    guard reports(kind), isWanted || bundle.primary.flags.contains(kind) else { return }
    let now = host.bundleTime
    let asksForTime = bundle.primary.flags.contains(.statusTime) && now > 0
    let assertion = StatusReport.Assertion(true, time: asksForTime ? now : nil)
    var report = StatusReport(about: bundle.id, reason: reason)
    switch kind {
    case .reportReception: report.received = assertion
    case .reportForwarding: report.forwarded = assertion
    case .reportDelivery: report.delivered = assertion
    default: report.deleted = assertion
    }
    let lifetime = min(max(bundle.primary.lifetime, Self.shortestReport), Self.longestReport)
    let timestamp = CreationTimestamp(time: now, sequence: nextNumber(now))
    guard var answer = report.bundle(about: bundle, from: name, timestamp: timestamp, lifetime: lifetime) else {
      return
    }
    guard reportBudget.take(for: bundle.primary.source, now: now) else {
      figures.reportsHeldBack += 1
      return
    }
    guard !isHere(answer.primary.destination) else { return hear(report, from: name) }
    answer.hopCount = HopCount(limit: settings.hopLimit, count: 0)
    if now == 0 { answer.age = 0 }
    guard protect(&answer) else { return }
    let record = BundleRecord(
      id: answer.id, destination: answer.primary.destination, deadline: Self.deadline(of: answer, now: now),
      priority: .bulk)
    guard case .admitted(_, let evicted) = store.admit(answer.encoded, record, now: now) else {
      figures.reportsHeldBack += 1
      return
    }
    figures.reportsSent += 1
    evict(evicted)
  }

  /// A bundle that is turned away and deleted here; its sender may try again, and hears of it once.
  func reportAtDoor(_ bundle: Bundle, _ reason: StatusReason) {
    guard reports(.reportDeletion), bundle.primary.flags.contains(.reportDeletion) else { return }
    if toldAtDoor.count >= Self.doorLimit { toldAtDoor = [] }
    guard toldAtDoor.insert(bundle.id).inserted else { return }
    report(.reportDeletion, of: bundle, reason: reason)
  }

  /// Reads an administrative record for this node; false for one that belongs to a service.
  func readRecord(_ bundle: Bundle) -> Bool {
    guard bundle.primary.flags.contains(.administrative), isHere(bundle.primary.destination) else { return false }
    guard let report = try? StatusReport.read(bundle.payload, limits: settings.bundleLimits) else {
      // Records of other kinds, and what cannot be read, are for nobody at the node itself.
      return bundle.primary.destination.node == bundle.primary.destination
    }
    hear(report, from: bundle.primary.source)
    return true
  }

  private func hear(_ report: StatusReport, from source: EndpointID) {
    figures.reportsHeard += 1
    if heard.count >= Self.heardLimit { heard.removeFirst() }
    heard.append(HeardReport(source: source, time: host.bundleTime, report: report))
  }

  /// Number of a bundle that is made here.
  func nextNumber(_ now: UInt64) -> UInt64 {
    // Without a clock the number alone tells this bundle from those of earlier lives.
    if now == 0, lastMade < 1 << 32 { lastMade = UInt64.random(in: (1 << 32)..<(1 << 62)) }
    lastMade += 1
    return lastMade
  }
}
