// SPDX-License-Identifier: Apache-2.0
import BundleAgent
import BundleConvergence
import BundleNetwork
import BundlePlan
import BundleProtocol
import BundleRouting
import BundleStore
import CMeshABI
import MeshConfig
import TransportDriver

/// Reads the instance's part of the YAML.
enum Settings {
  /// Throws the first value that cannot be taken; the host checks ranges.
  /// - Parameter now: milliseconds of the bundle epoch.
  static func read(
    _ parameters: UnsafeBufferPointer<mesh_param>, now: UInt64
  ) throws(SettingsProblem) -> PluginSettings {
    var settings = PluginSettings()
    var copies: UInt32 = 8
    var echo: (text: String, index: Int)?
    for (index, parameter) in parameters.enumerated() {
      do throws(WrongParameter) {
        guard let name = parameter.name.map({ String(cString: $0) }) else { throw WrongParameter(index: index) }
        switch name {
        case "copies": copies = UInt32(try parameter.number(index, 1...1024))
        case "echo": echo = (try parameter.text(index), index)
        case "routes", "contacts", "source_quotas", "neighbour_quotas", "priority_quotas", "security": continue
        default: try apply(parameter, name, index, &settings)
        }
      } catch {
        throw SettingsProblem(index: index)
      }
    }
    if case .sprayAndWait = settings.agent.routing { settings.agent.routing = .sprayAndWait(copies: copies) }
    if let echo { settings.agent.echo = try service(echo.text, echo.index, node: settings.agent.otherName) }
    for (index, parameter) in parameters.enumerated() {
      try routes(parameter, index, now, &settings)
      try quotas(parameter, index, &settings.agent.limits)
      try security(parameter, index, &settings)
    }
    let wantsPlan = settings.agent.routing == .contacts || settings.agent.rules.contains { $0.choice == .contacts }
    if wantsPlan, !hasPlan(parameters) {
      throw SettingsProblem(index: 0, text: "routing by contacts needs the key contacts, a file")
    }
    return settings
  }

  private static func hasPlan(_ parameters: UnsafeBufferPointer<mesh_param>) -> Bool {
    parameters.contains { $0.name.map { String(cString: $0) } == "contacts" }
  }

  static func routes(
    _ parameter: mesh_param, _ index: Int, _ now: UInt64, _ settings: inout PluginSettings
  ) throws(SettingsProblem) {
    guard let name = parameter.name.map({ String(cString: $0) }), name == "routes" || name == "contacts" else { return }
    guard let text = try? parameter.text(index) else { throw SettingsProblem(index: index) }
    if name == "contacts" {
      settings.planFile = text
      do throws(ConfigurationProblem) { settings.agent.plan = try ContactPlanFile.read(text, reference: now) } catch {
        throw SettingsProblem(index: index, text: "\(error)")
      }
      return
    }
    guard settings.agent.rules.count < 255 else { throw SettingsProblem(index: index, text: "at most 255 rules") }
    do throws(BundleError) { settings.agent.rules.append(try RoutingRule(text)) } catch {
      throw SettingsProblem(index: index, text: error.text)
    }
  }

  static func security(
    _ parameter: mesh_param, _ index: Int, _ settings: inout PluginSettings
  ) throws(SettingsProblem) {
    guard parameter.name.map({ String(cString: $0) }) == "security" else { return }
    guard let text = try? parameter.text(index) else { throw SettingsProblem(index: index) }
    guard settings.security.count < 1024 else { throw SettingsProblem(index: index, text: "at most 1024 rules") }
    do throws(SecurityRuleProblem) { settings.agent.security.append(try SecurityRule(text)) } catch {
      throw SettingsProblem(index: index, text: error.text)
    }
    settings.security.append(text)
  }

  private static func quotas(
    _ parameter: mesh_param, _ index: Int, _ limits: inout StoreLimits
  ) throws(SettingsProblem) {
    guard let name = parameter.name.map({ String(cString: $0) }), name.hasSuffix("_quotas"),
      let text = try? parameter.text(index)
    else { return }
    do throws(QuotaProblem) {
      let (whose, quota) = try QuotaText.read(text)
      guard name != "priority_quotas" else {
        guard let priority = QuotaText.priority(whose) else {
          throw QuotaProblem(text: "'\(whose)' in '\(text)' is not bulk, normal or expedited")
        }
        limits.perPriority[Int(priority.rawValue)] = quota
        return
      }
      let ofNeighbours = name == "neighbour_quotas"
      let node = ofNeighbours && whose == QuotaText.strangers ? EndpointID.none : try? EndpointID(whose).node
      guard let node else {
        let names = ofNeighbours ? "\(QuotaText.strangers) or a node" : "a node"
        throw QuotaProblem(text: "'\(whose)' in '\(text)' is not \(names) such as ipn:4.0 or dtn://ship/")
      }
      guard (ofNeighbours ? limits.neighbours : limits.sources).count < 4096 else {
        throw QuotaProblem(text: "at most 4096 nodes")
      }
      if ofNeighbours { limits.neighbours.append((node, quota)) } else { limits.sources.append((node, quota)) }
    } catch {
      throw SettingsProblem(index: index, text: error.text)
    }
  }

  /// The service of an endpoint of this node, or a service alone.
  private static func service(
    _ text: String, _ index: Int, node: EndpointID?
  ) throws(SettingsProblem) -> String {
    if let endpoint = try? EndpointID(text) {
      guard let node, endpoint.routingNode == node.routingNode else {
        throw SettingsProblem(index: index, text: "\(text) is not on the node that the key node names")
      }
      switch endpoint {
      case .ipn(_, _, let service, _) where service > 0: return "\(service)"
      case .dtn(let part):
        let service = part.dropFirst(2).drop { $0 != "/" }.dropFirst()
        if !service.isEmpty { return String(service) }
      default: break
      }
      throw SettingsProblem(index: index, text: "\(text) names no service")
    }
    let isWord = text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f && $0 != UInt8(ascii: "~") && $0 != UInt8(ascii: ":") }
    guard isWord, (1...64).contains(text.utf8.count), text != "envelope" else { throw SettingsProblem(index: index) }
    return text
  }

  private static func apply(
    _ parameter: mesh_param, _ name: String, _ index: Int, _ settings: inout PluginSettings
  ) throws(WrongParameter) {
    switch name {
    case "store": settings.agent.folder = try parameter.text(index)
    case "quota": settings.agent.limits.total.bytes = UInt64(try parameter.number(index, 1...Int.max))
    case "bundles": settings.agent.limits.total.count = UInt64(try parameter.number(index, 1...Int.max))
    case "source_quota": settings.agent.limits.perSource.bytes = UInt64(try parameter.number(index, 1...Int.max))
    case "reports":
      guard let kind = ReportText.kinds.first(where: { $0.name == (try? parameter.text(index)) })?.flag else {
        throw WrongParameter(index: index)
      }
      settings.agent.reports.insert(kind)
    case "reports_per_minute":
      settings.agent.reportsPerMinute = UInt64(try parameter.number(index, 1...100_000))
    case "neighbour_quota": settings.agent.limits.perNeighbour.bytes = UInt64(try parameter.number(index, 1...Int.max))
    case "neighbour_bundles":
      settings.agent.limits.perNeighbour.count = UInt64(try parameter.number(index, 1...Int.max))
    case "source_bundles": settings.agent.limits.perSource.count = UInt64(try parameter.number(index, 1...Int.max))
    case "largest":
      settings.agent.largestBundle = try parameter.number(index, 1...Int.max)
      settings.network.largestBundle = settings.agent.largestBundle
    case "routing": settings.agent.routing = try choice(parameter.text(index), index)
    case "hops": settings.agent.hopLimit = UInt8(try parameter.number(index, 1...255))
    case "lenient":
      guard parameter.type == MESH_TYPE_BOOL else { throw WrongParameter(index: index) }
      settings.agent.bundleLimits.isLenient = parameter.value.integer != 0
    default: try network(parameter, name, index, &settings)
    }
  }

  static func network(
    _ parameter: mesh_param, _ name: String, _ index: Int, _ settings: inout PluginSettings
  ) throws(WrongParameter) {
    switch name {
    case "node":
      guard let node = try? EndpointID(try parameter.text(index)).node else { throw WrongParameter(index: index) }
      settings.agent.otherName = node
      settings.network.node = node
    case "neighbours":
      guard let known = NetworkSettings.Known(try parameter.text(index)) else { throw WrongParameter(index: index) }
      settings.network.known.append(known)
    case "strangers":
      guard let strangers = NetworkSettings.Strangers(rawValue: try parameter.text(index)) else {
        throw WrongParameter(index: index)
      }
      settings.network.strangers = strangers
    case "tls":
      switch try parameter.text(index) {
      case "never": settings.network.tls = .never
      case "optional": settings.network.tls = .optional
      case "required": settings.network.tls = .required
      default: throw WrongParameter(index: index)
      }
    case "certificate": settings.network.certificate = try parameter.text(index)
    case "key": settings.network.key = try parameter.text(index)
    case "authorities": settings.network.authorities = try parameter.text(index)
    case "connections": settings.network.maximumConnections = try parameter.number(index, 1...65_536)
    case "keep_alive":
      settings.network.keepAlive = UInt16(clamping: try parameter.number(index, 0...Int.max) / 1_000_000_000)
    default: throw WrongParameter(index: index)
    }
  }

  private static func choice(_ text: String, _ index: Int) throws(WrongParameter) -> RoutingChoice {
    switch text {
    case "direct": .direct
    case "epidemic": .epidemic
    case "spray": .sprayAndWait(copies: 8)
    case "prophet": .prophet
    case "contacts": .contacts
    default: throw WrongParameter(index: index)
    }
  }
}
