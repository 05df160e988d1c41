// SPDX-License-Identifier: Apache-2.0
import BundleRouting

/// By what an agent decides which neighbour gets which bundle.
public enum RoutingChoice: Equatable, Sendable {
  /// To its destination only.
  case direct
  /// To every neighbour that lacks it.
  case epidemic
  /// So many copies in all.
  case sprayAndWait(copies: UInt32)
  /// To neighbours that are likelier to meet the destination.
  case prophet

  func make() -> any RoutingProtocol {
    switch self {
    case .direct: StaticRouting([])
    case .epidemic: ReplicationRouting(.epidemic)
    case .sprayAndWait(let copies): ReplicationRouting(.sprayAndWait(copies: copies))
    case .prophet: ReplicationRouting(.prophet(ProphetParameters()))
    }
  }
}
