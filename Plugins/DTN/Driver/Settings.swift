// SPDX-License-Identifier: Apache-2.0
import BundleAgent
import BundleStore
import CMeshABI

/// Reads the instance's part of the YAML.
enum Settings {
  /// Nil when a value has another type than its option; the host checks ranges.
  static func read(_ parameters: UnsafeBufferPointer<mesh_param>) -> AgentSettings? {
    var settings = AgentSettings()
    var copies: UInt32 = 8
    var routing = "epidemic"
    for parameter in parameters {
      guard let name = parameter.name else { return nil }
      let isNumber = parameter.type == MESH_TYPE_INT || parameter.type == MESH_TYPE_SIZE
      let number = isNumber ? UInt64(exactly: parameter.value.integer) : nil
      switch String(cString: name) {
      case "store":
        guard parameter.type == MESH_TYPE_PATH, let text = parameter.value.text else { return nil }
        settings.folder = String(cString: text)
      case "quota":
        guard let number else { return nil }
        settings.limits.total.bytes = number
      case "bundles":
        guard let number else { return nil }
        settings.limits.total.count = number
      case "source_quota":
        guard let number else { return nil }
        settings.limits.perSource.bytes = number
      case "largest":
        guard let number else { return nil }
        settings.largestBundle = Int(clamping: number)
      case "routing":
        guard parameter.type == MESH_TYPE_STRING, let text = parameter.value.text else { return nil }
        routing = String(cString: text)
      case "copies":
        guard let number, let value = UInt32(exactly: number), value > 0 else { return nil }
        copies = value
      case "hops":
        guard let number, let hops = UInt8(exactly: number), hops > 0 else { return nil }
        settings.hopLimit = hops
      default: return nil
      }
    }
    switch routing {
    case "direct": settings.routing = .direct
    case "epidemic": settings.routing = .epidemic
    case "spray": settings.routing = .sprayAndWait(copies: copies)
    case "prophet": settings.routing = .prophet
    default: return nil
    }
    return settings
  }
}
