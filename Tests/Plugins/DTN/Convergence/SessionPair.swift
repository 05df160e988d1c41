// SPDX-License-Identifier: Apache-2.0
import BundleConvergence
import BundleProtocol
import TestSupport

/// Two sessions and the connection between them, which hands on bytes in pieces of random size.
struct SessionPair<One: ConvergenceSession, Other: ConvergenceSession> {
  let one: One
  let other: Other
  var now: UInt64 = 0
  var generator: SeededGenerator
  /// What each of the two reported.
  var events: [[ConvergenceEvent]] = [[], []]
  /// Bytes each has sent in all.
  var bytes: [[UInt8]] = [[], []]
  var largestPiece = 2000

  init(_ one: One, _ other: Other, seed: UInt64) {
    self.one = one
    self.other = other
    generator = SeededGenerator(seed)
  }

  private mutating func carry(from: some ConvergenceSession, to: some ConvergenceSession, _ index: Int) -> Bool {
    guard to.wantsInput else { return false }
    let size = Int.random(in: 1...largestPiece, using: &generator)
    let piece = from.withOutput { Array($0.prefix(size)) }
    guard !piece.isEmpty else { return false }
    from.wrote(piece.count, now: now)
    bytes[index] += piece
    piece.withUnsafeBytes { to.receive($0, now: now) }
    return true
  }

  mutating func collect() {
    while let event = one.nextEvent(now: now) { events[0].append(event) }
    while let event = other.nextEvent(now: now) { events[1].append(event) }
  }

  /// Carries bytes both ways until nothing moves; `each` is called with each event and its side's index.
  mutating func run(_ each: (inout Self, Int, ConvergenceEvent) -> Void = { _, _, _ in }) {
    var seen = [events[0].count, events[1].count]
    while true {
      var moved = carry(from: one, to: other, 0)
      moved = carry(from: other, to: one, 1) || moved
      collect()
      for index in 0..<2 {
        while seen[index] < events[index].count {
          each(&self, index, events[index][seen[index]])
          seen[index] += 1
          moved = true
        }
      }
      guard moved else { return }
    }
  }

  func arrived(_ index: Int) -> [[UInt8]] {
    events[index].compactMap { if case .arrived(_, let bundle) = $0 { bundle } else { nil } }
  }

  func accepted(_ index: Int) -> [UInt64] {
    events[index].compactMap { if case .accepted(let transfer) = $0 { transfer } else { nil } }
  }

  func end(_ index: Int) -> SessionEnd? {
    if case .ended(let how)? = events[index].last { how } else { nil }
  }
}

extension SessionPair where One == TCPCLSession, Other == TCPCLSession {
  static func settings(_ node: String, _ change: (inout TCPCLSettings) -> Void = { _ in }) -> TCPCLSettings {
    var settings = TCPCLSettings(node: .dtn("//\(node)/"))
    settings.tls = .never
    change(&settings)
    return settings
  }

  static func tcpcl(
    seed: UInt64, one: (inout TCPCLSettings) -> Void = { _ in }, other: (inout TCPCLSettings) -> Void = { _ in }
  ) -> SessionPair {
    SessionPair(
      TCPCLSession(settings("one", one), isActive: true, now: 0),
      TCPCLSession(settings("other", other), isActive: false, now: 0), seed: seed)
  }
}

/// A session by itself, fed with bytes.
extension ConvergenceSession {
  func feed(_ bytes: [UInt8], now: UInt64 = 0) -> [ConvergenceEvent] {
    bytes.withUnsafeBytes { receive($0, now: now) }
    var events: [ConvergenceEvent] = []
    while let event = nextEvent(now: now) { events.append(event) }
    return events
  }

  /// Everything that is to be sent, taken out.
  func drain(now: UInt64 = 0) -> [UInt8] {
    var all: [UInt8] = []
    while true {
      let piece = withOutput { Array($0) }
      guard !piece.isEmpty else { return all }
      wrote(piece.count, now: now)
      all += piece
    }
  }
}
