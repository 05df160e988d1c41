// SPDX-License-Identifier: Apache-2.0
import BundleProtocol
import BundleRouting

/// By what bundles are routed, and where one would go.
extension BundleAgent {
  /// Where a bundle for a destination would go now.
  public struct Way: Sendable {
    /// The pattern of the rule that fits, `*` for the key `routing`.
    public var pattern: String
    /// By what it is routed.
    public var choice: RoutingChoice
    /// Neighbours that can be reached now and that it may go to.
    public var neighbours: [EndpointID]
    /// With a contact plan, the contacts in their order and when it is there; nil when none leads there.
    public var route: (contacts: [Contact], arrival: UInt64)?
  }

  /// The contact plan.
  public var plan: [Contact] { settings.plan }

  /// The rules, and last what all other destinations have.
  public var rules: [(pattern: String, choice: RoutingChoice)] {
    settings.rules.map { ($0.pattern, $0.choice) } + [("*", settings.routing)]
  }

  /// This node, as others know it.
  public var name: EndpointID { settings.otherName?.node ?? node }

  /// Nodes that bundles can go to now, by name.
  public var reachable: [EndpointID] {
    Set(neighbours.values.filter { $0.isRouted && !$0.isDeaf }.map(\.node)).sorted { "\($0)" < "\($1)" }
  }

  /// Where a bundle of so many bytes would go now.
  public func way(to destination: EndpointID, size: UInt64 = 1000) -> Way {
    let rule = settings.rules.first { $0.destinations.matches(destination) }
    var way = Way(pattern: rule?.pattern ?? "*", choice: rule?.choice ?? settings.routing, neighbours: [])
    let target = destination.routingNode
    switch way.choice {
    case .direct: way.neighbours = reachable.filter { $0 == target }
    case .via(let nodes):
      let wanted = ([target] + nodes.map(\.routingNode)).compactMap { $0 }
      way.neighbours = wanted.first { reachable.contains($0) }.map { [$0] } ?? []
    case .epidemic, .sprayAndWait, .prophet: way.neighbours = reachable
    case .contacts:
      let graph = ContactGraph(settings.plan)
      guard let target else { break }
      let request = ContactGraph.Request(from: name, to: target, size: size, now: host.bundleTime)
      guard let route = graph.route(request) else { break }
      let contacts = route.contacts.map { graph.contacts[$0] }
      way.route = (contacts, route.arrival)
      way.neighbours = contacts.first.map { first in reachable.filter { $0 == first.to } } ?? []
    }
    return way
  }
}
