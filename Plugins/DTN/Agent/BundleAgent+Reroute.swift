// SPDX-License-Identifier: Apache-2.0
import BundleProtocol
import BundleRouting
import BundleStore
import CMeshABI

/// Rules and contact plan can be others while the agent runs.
extension BundleAgent {
  /// One pattern with what its bundles are routed by.
  struct Route {
    var pattern: String
    var destinations: EndpointPattern
    var choice: RoutingChoice
    var routing: any RoutingProtocol

    /// Neighbours have been told things of it that a new one would not know.
    var isTalker: Bool { routing is ReplicationRouting }
  }

  /// Routes by other rules and another plan from now on. What is under way to a neighbour may go to another as well, whose
  /// destination then drops it.
  /// - Returns: false when nothing was changed, since protocols that talk with neighbours would begin anew or stand
  ///   elsewhere: that is for a restart.
  public func reroute(rules: [RoutingRule], plan: [Contact]) -> Bool {
    var talkers = routes.enumerated().filter { $0.element.isTalker }
    let hasPlaces = talkers.count > 1
    var next: [Route] = []
    for (place, one) in Self.table(rules, settings.routing).enumerated() {
      guard one.choice.isTalker else {
        let routing = one.choice.make(one.destinations, plan: plan, node: settings.otherName?.node ?? node)
        next.append(
          Route(pattern: one.pattern, destinations: one.destinations, choice: one.choice, routing: routing))
        continue
      }
      guard let first = talkers.first, first.element.pattern == one.pattern, first.element.choice == one.choice,
        !hasPlaces || first.offset == place
      else { return false }
      talkers.removeFirst()
      next.append(first.element)
    }
    guard talkers.isEmpty else { return false }
    let before = routes
    settings.rules = rules
    settings.plan = plan
    routes = next
    routing = Self.routing(of: next)
    begin(next.filter { !$0.isTalker }.map(\.routing))
    move(from: before)
    return true
  }

  /// New protocols know the store and the neighbours.
  private func begin(_ new: [any RoutingProtocol]) {
    let catalog = catalog
    (routing as? RoutingTable)?.look(in: catalog)
    for one in new {
      one.use { [unowned host] in host.steadyTime }
      one.use(catalog, expected: 0)
      for node in Set(neighbours.values.filter(\.isRouted).map(\.node)) {
        one.connected(node, now: host.bundleTime)
      }
    }
  }

  /// Bundles that are with another protocol from now on.
  private func move(from before: [Route]) {
    store.forEach { one in
      guard !isHere(one.destination) else { return }
      let old = before.first { $0.destinations.matches(one.destination) }?.routing
      let new = routes.first { $0.destinations.matches(one.destination) }?.routing
      guard old !== new else { return }
      old?.remove(one.sequence)
      // What is on its way to the disk comes to routing from there.
      guard unstored[one.sequence] == nil, unanswered[one.sequence] == nil, made[one.sequence] != MESH_E_AGAIN,
        let record = record(one.sequence)
      else { return }
      route(one.sequence, record, size: store.size(of: one.sequence) ?? 0, from: nil)
    }
    // What a protocol that is gone had handed out, and the window had no room for, is another's now.
    for neighbour in neighbours.values {
      guard case .bundle(let sequence, _)? = neighbour.held else { continue }
      let stays = store.destination(of: sequence).map { destination in
        let old = before.first { $0.destinations.matches(destination) }?.routing
        return old === routes.first { $0.destinations.matches(destination) }?.routing
      }
      if stays != true { neighbour.held = nil }
    }
  }

  /// Rules, and last what all other destinations have.
  static func table(
    _ rules: [RoutingRule], _ others: RoutingChoice
  ) -> [(pattern: String, destinations: EndpointPattern, choice: RoutingChoice)] {
    rules.prefix(255).map { ($0.pattern, $0.destinations, $0.choice) } + [("*", .all, others)]
  }

  static func makeRoutes(_ settings: AgentSettings, node: EndpointID) -> [Route] {
    table(settings.rules, settings.routing).map { one in
      Route(
        pattern: one.pattern, destinations: one.destinations, choice: one.choice,
        routing: one.choice.make(one.destinations, plan: settings.plan, node: node))
    }
  }

  static func routing(of routes: [Route]) -> any RoutingProtocol {
    routes.count == 1
      ? routes[0].routing : RoutingTable(routes.map { RoutingTable.Entry($0.destinations, $0.routing) })
  }
}
