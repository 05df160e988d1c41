// SPDX-License-Identifier: Apache-2.0

/// What applications have told the node about the machine. Recorded; the ranking of paths does not look at it yet.
public struct NodeHints: Equatable, Sendable {
  /// Percent left, 101 on mains power, nil when nobody has said.
  public var battery: UInt64?
  /// Whether the network costs by the byte, nil when nobody has said.
  public var isMetered: Bool?

  init() {}
}

extension Node {
  /// The network has changed: failures are forgotten and paths probed, as when the kernel says so.
  public func noteNetworkChange() { networkMoved() }
}
