// SPDX-License-Identifier: Apache-2.0
import BundleAgent
import BundleConvergence
import BundleNetwork
import BundleProtocol
import BundleStore
import CMeshABI
import TransportDriver

/// Reads the instance's part of the YAML.
enum Settings {
  /// Throws the place of the first value that cannot be taken; the host checks ranges.
  static func read(_ parameters: UnsafeBufferPointer<mesh_param>) throws(WrongParameter) -> PluginSettings {
    var settings = PluginSettings()
    var copies: UInt32 = 8
    var routing = RoutingChoice.epidemic
    for (index, parameter) in parameters.enumerated() {
      guard let name = parameter.name else { throw WrongParameter(index: index) }
      switch String(cString: name) {
      case "store": settings.agent.folder = try parameter.text(index)
      case "quota": settings.agent.limits.total.bytes = UInt64(try parameter.number(index, 1...Int.max))
      case "bundles": settings.agent.limits.total.count = UInt64(try parameter.number(index, 1...Int.max))
      case "source_quota": settings.agent.limits.perSource.bytes = UInt64(try parameter.number(index, 1...Int.max))
      case "largest":
        settings.agent.largestBundle = try parameter.number(index, 1...Int.max)
        settings.network.largestBundle = settings.agent.largestBundle
      case "routing": routing = try choice(parameter.text(index), index)
      case "copies": copies = UInt32(try parameter.number(index, 1...1024))
      case "hops": settings.agent.hopLimit = UInt8(try parameter.number(index, 1...255))
      case "lenient":
        guard parameter.type == MESH_TYPE_BOOL else { throw WrongParameter(index: index) }
        settings.agent.bundleLimits.isLenient = parameter.value.integer != 0
      default: try network(parameter, String(cString: name), index, &settings)
      }
    }
    if case .sprayAndWait = routing { routing = .sprayAndWait(copies: copies) }
    settings.agent.routing = routing
    return settings
  }

  private static func network(
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
    default: throw WrongParameter(index: index)
    }
  }
}
