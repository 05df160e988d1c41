// SPDX-License-Identifier: Apache-2.0
import BundleProtocol
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
  /// To these neighbours, the most wanted first.
  case via([EndpointID])
  /// By the contact plan.
  case contacts

  /// - Parameter node: this one, as the contact plan names it.
  func make(_ destinations: EndpointPattern, plan: [Contact], node: EndpointID) -> any RoutingProtocol {
    switch self {
    case .direct: StaticRouting([])
    case .epidemic: ReplicationRouting(.epidemic)
    case .sprayAndWait(let copies): ReplicationRouting(.sprayAndWait(copies: copies))
    case .prophet: ReplicationRouting(.prophet(ProphetParameters()))
    case .via(let neighbours): StaticRouting([StaticRouting.Rule(destinations, to: neighbours)])
    case .contacts: ContactGraphRouting(plan, node: node)
    }
  }

  /// Whether neighbours tell each other things by it.
  var isTalker: Bool {
    switch self {
    case .epidemic, .sprayAndWait, .prophet: true
    case .direct, .via, .contacts: false
    }
  }
}

extension RoutingChoice: CustomStringConvertible {
  /// As the configuration has it.
  public var description: String {
    switch self {
    case .direct: "direct"
    case .epidemic: "epidemic"
    case .sprayAndWait(let copies): "spray \(copies)"
    case .prophet: "prophet"
    case .via(let nodes): "via \(nodes.map { "\($0)" }.joined(separator: " "))"
    case .contacts: "contacts"
    }
  }
}
