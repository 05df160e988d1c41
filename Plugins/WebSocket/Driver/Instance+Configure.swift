import CMeshABI
// SPDX-License-Identifier: Apache-2.0
import TransportDriver
import WebSocketCore

extension Instance {
  /// The keys that can change while the instance runs.
  private static let live: Set<String> = [
    "origins", "max_links", "max_handshakes", "handshake_timeout", "close_timeout",
  ]

  /// Takes all new values or none.
  func configure(_ parameters: UnsafeBufferPointer<mesh_param>) {
    var event = mesh_link_event()
    event.kind = MESH_EVENT_CONFIGURED
    for (index, parameter) in parameters.enumerated() {
      let name = parameter.name.map { String(cString: $0) } ?? ""
      guard !Self.live.contains(name) else { continue }
      event.code = MESH_E_RESTART
      event.token = UInt64(index)
      return host.event(&event)
    }
    var changed = settings
    do {
      try changed.apply(parameters)
      settings = changed
      for listener in listeners.values { listener.policy.origins = changed.origins }
    } catch {
      event.code = MESH_E_CONFIG
      event.token = UInt64(error.index)
    }
    host.event(&event)
  }
}
