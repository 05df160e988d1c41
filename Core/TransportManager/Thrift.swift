// SPDX-License-Identifier: Apache-2.0

/// What the node is to save. It decides between paths of one priority group, before their speed does; a better group
/// still wins, for that is what the configuration wants.
public struct Thrift: OptionSet, Hashable, Sendable {
  /// One bit per thing to save.
  public let rawValue: UInt8

  /// Thrift from its bits.
  public init(rawValue: UInt8) { self.rawValue = rawValue }

  /// The battery: paths of a lower energy class first.
  public static let energy = Thrift(rawValue: 1)
  /// Bytes that somebody pays for: paths that are not metered first.
  public static let bytes = Thrift(rawValue: 2)

  /// What a path costs under it: 0, or more.
  func cost(of capabilities: PathCapabilities) -> UInt32 {
    var cost: UInt32 = 0
    if contains(.energy) { cost += min(capabilities.energy, 2) }
    if contains(.bytes), capabilities.isMetered { cost += 4 }
    return cost
  }
}

extension TransportManager {
  /// Whether a second transport's link is kept warm: not while anything is to be saved.
  var keepsStandby: Bool { policy.keepsStandby && thrift.isEmpty }

  /// Sets what is to be saved, and chooses and prunes anew.
  public func setThrift(_ thrift: Thrift, now: UInt64) {
    guard thrift != self.thrift else { return }
    let now = tick(now)
    self.thrift = thrift
    for handle in order {
      guard let peer = peers[handle] else { continue }
      lookAgain(peer, now: now)
      peer.decide(.changed, "what is to be saved changed", now: now, limit: limits.decisionsPerPeer)
      settle(peer, now: now)
    }
    feedStarving(now: now)
  }
}
