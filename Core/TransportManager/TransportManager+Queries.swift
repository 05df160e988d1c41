// SPDX-License-Identifier: Apache-2.0

extension TransportManager {
  /// The link for a message of that class and those needs now; nil when no usable link may carry it.
  /// Without needs it is the one last given by `.select`.
  public func link(for peer: PeerHandle, trafficClass: Int, needs: PathNeeds = []) -> LinkHandle? { nil }

  /// The peer's links that are up, the best first.
  public func links(of peer: PeerHandle) -> [LinkHandle] { [] }

  /// Which paths lead to the peer, what each did last, which was chosen and why; nil for an unknown peer.
  public func why(_ peer: PeerHandle, now: UInt64) -> WhyReport? { nil }
}
