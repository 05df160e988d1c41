// SPDX-License-Identifier: Apache-2.0
import BundleAgent
import BundlePlan
import BundleProtocol
import BundleRouting
import CMeshABI

/// `meshctl dtn contacts` and `meshctl dtn routes`.
extension Commands {
  func contacts(_ run: CommandRun, _ agent: BundleAgent) {
    let now = host.bundleTime
    for contact in agent.plan.sorted(by: { ($0.start, $0.end) < ($1.start, $1.end) }) {
      guard run.hasRoom else { return run.finish(MESH_E_LIMIT, "there are more than fit") }
      run.print(Self.text(contact, now: now, isJSON: run.isJSON))
    }
    if agent.plan.isEmpty, !run.isJSON { run.print("there is no contact plan (key contacts)") }
    run.finish()
  }

  func routes(_ arguments: [String], _ run: CommandRun, _ agent: BundleAgent) {
    guard let text = arguments.first else { return table(run, agent) }
    guard let destination = try? EndpointID(text) else {
      return run.finish(MESH_E_INVALID, "not an endpoint such as dtn://node/service or ipn:1.2")
    }
    let way = agent.way(to: destination)
    let now = host.bundleTime
    if run.isJSON {
      run.print(Self.json(way))
      return run.finish()
    }
    run.print("rule:       \(JSON.printable(way.pattern)) \(JSON.printable("\(way.choice)"))")
    if let route = way.route {
      for contact in route.contacts { run.print("contact:    \(Self.text(contact, now: now, isJSON: false))") }
      run.print("arrival:    \(PlanTime.text(route.arrival))")
    } else if way.choice == .contacts {
      run.print("contact:    none leads there")
    }
    let names = way.neighbours.map { JSON.printable("\($0)") }.joined(separator: " ")
    run.print("neighbours: \(names.isEmpty ? "none that can be reached now" : names)")
    run.finish()
  }

  private func table(_ run: CommandRun, _ agent: BundleAgent) {
    for rule in agent.rules {
      if run.isJSON {
        run.print("{\"destinations\":\(JSON.text(rule.pattern)),\"by\":\(JSON.text("\(rule.choice)"))}")
      } else {
        run.print("\(JSON.printable(rule.pattern))  \(JSON.printable("\(rule.choice)"))")
      }
    }
    for node in agent.reachable {
      run.print(run.isJSON ? "{\"neighbour\":\(JSON.text("\(node)"))}" : "neighbour  \(JSON.printable("\(node)"))")
    }
    run.finish()
  }

  private static func json(_ way: BundleAgent.Way) -> String {
    var pairs = ["\"destinations\":\(JSON.text(way.pattern))", "\"by\":\(JSON.text("\(way.choice)"))"]
    if let route = way.route {
      let contacts = route.contacts.map { text($0, now: 0, isJSON: true) }.joined(separator: ",")
      pairs += ["\"contacts\":[\(contacts)]", "\"arrival\":\(JSON.text(PlanTime.text(route.arrival)))"]
    }
    pairs.append("\"neighbours\":[\(way.neighbours.map { JSON.text("\($0)") }.joined(separator: ","))]")
    return "{\(pairs.joined(separator: ","))}"
  }

  private static func text(_ contact: Contact, now: UInt64, isJSON: Bool) -> String {
    let (start, end) = (PlanTime.text(contact.start), PlanTime.text(contact.end))
    if isJSON {
      return "{\"from\":\(JSON.text("\(contact.from)")),\"to\":\(JSON.text("\(contact.to)")),\"start\":\"\(start)\","
        + "\"end\":\"\(end)\",\"rate\":\(contact.rate),\"delay_ms\":\(contact.delay),"
        + "\"confidence\":\(contact.confidence)}"
    }
    let state = now < contact.start ? "to come" : now < contact.end ? "now" : "over"
    return "\(start)  \(end)  \(JSON.printable("\(contact.from)")) -> \(JSON.printable("\(contact.to)"))  "
      + "\(contact.rate) B/s  \(contact.delay) ms  \(state)"
  }
}
