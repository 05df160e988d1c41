// SPDX-License-Identifier: Apache-2.0
import BundleProtocol

/// Bundles that neighbours do not want, and when they are asked again: each time after twice as long, since what is not
/// acceptable now seldom is in ten seconds.
struct Refusals {
  /// Milliseconds until the first repetition.
  static let first: UInt64 = 10_000
  /// Milliseconds between repetitions at most: an hour.
  static let longest: UInt64 = 3_600_000

  private struct Wait {
    var until: UInt64
    var next: UInt64
  }

  private var waits: [UInt64: [EndpointID: Wait]] = [:]

  /// Whether the neighbour is not to be asked about the bundle now.
  func isWaiting(_ sequence: UInt64, for neighbour: EndpointID, now: UInt64) -> Bool {
    guard !waits.isEmpty, let wait = waits[sequence]?[neighbour] else { return false }
    return wait.until > now
  }

  /// The neighbour has refused the bundle.
  /// - Returns: when it is asked again.
  mutating func refused(_ sequence: UInt64, by neighbour: EndpointID, now: UInt64) -> UInt64 {
    let delay = waits[sequence]?[neighbour]?.next ?? Self.first
    let until = now.addingReportingOverflow(delay)
    let wait = Wait(until: until.overflow ? .max : until.partialValue, next: min(delay * 2, Self.longest))
    waits[sequence, default: [:]][neighbour] = wait
    return wait.until
  }

  /// The bundle is not here any more.
  mutating func remove(_ sequence: UInt64) { if !waits.isEmpty { waits[sequence] = nil } }

  /// The neighbour has come anew: it may have been told to take what it did not.
  mutating func forget(_ neighbour: EndpointID) {
    for (sequence, all) in waits where all[neighbour] != nil {
      waits[sequence]?[neighbour] = nil
      if waits[sequence]?.isEmpty == true { waits[sequence] = nil }
    }
  }

  /// When the next is asked again, of those that wait.
  func next(after now: UInt64) -> UInt64? {
    waits.values.lazy.flatMap(\.values).map(\.until).filter { $0 > now }.min()
  }
}
