// SPDX-License-Identifier: Apache-2.0
import MeshEventLoop
import MeshTransportManager

/// What applications have told the node about the machine; the last word counts.
public struct NodeHints: Equatable, Sendable {
  /// Percent left, 101 on mains power, nil when nobody has said.
  public var battery: UInt64?
  /// Whether the network costs by the byte, nil when nobody has said.
  public var isMetered: Bool?

  /// A battery with so many percent or less is low.
  static let lowBattery: UInt64 = 20

  init() {}

  /// What the transport manager is to save.
  public var thrift: Thrift {
    var thrift: Thrift = []
    if let battery, battery <= Self.lowBattery { thrift.insert(.energy) }
    if isMetered == true { thrift.insert(.bytes) }
    return thrift
  }
}

extension Node {
  func hintsChanged() {
    core.setThrift(hints.thrift, now: loop.now)
    wantTurn()
  }

  /// The network has changed: failures are forgotten and paths probed, as when the kernel says so.
  public func noteNetworkChange() { networkMoved() }
}
