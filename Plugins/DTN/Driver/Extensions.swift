// SPDX-License-Identifier: Apache-2.0
import BundleAgent
import CMeshABI

/// The plugin's sides of `mesh.carrier/1` and `mesh.session/1`.
enum Extensions {
  static func table(_ name: String) -> UnsafeRawPointer? {
    switch name {
    case MESH_CARRIER_NAME: UnsafeRawPointer(carrier)
    case MESH_COMMAND_NAME: UnsafeRawPointer(CommandTable.shared)
    case MESH_SESSION_NAME: UnsafeRawPointer(session)
    default: nil
    }
  }

  nonisolated(unsafe) private static let carrier: UnsafePointer<mesh_carrier_plugin> = {
    var table = mesh_carrier_plugin()
    table.size = UInt32(MemoryLayout<mesh_carrier_plugin>.size)
    table.submit = submit
    table.cancel = { context, token in news(context) { $0.cancel(token) } }
    table.settle = { context, id, status in
      guard let id else { return MESH_E_INVALID }
      let bytes = Array(UnsafeBufferPointer(start: id, count: Int(MESH_CARRIER_ID_SIZE)))
      return news(context) { $0.settle(bytes, status) }
    }
    table.retry = { context in
      news(context) { agent in
        agent.retry()
        return MESH_OK
      }
    }
    let pointer = UnsafeMutablePointer<mesh_carrier_plugin>.allocate(capacity: 1)
    pointer.initialize(to: table)
    return UnsafePointer(pointer)
  }()

  nonisolated(unsafe) private static let session: UnsafePointer<mesh_session_plugin> = {
    var table = mesh_session_plugin()
    table.size = UInt32(MemoryLayout<mesh_session_plugin>.size)
    table.message = { context, node, bytes, length in
      guard let key = key(node) else { return MESH_E_INVALID }
      return news(context) { agent in
        agent.message(UnsafeRawBufferPointer(start: bytes, count: Int(length)), from: key) ? MESH_OK : MESH_E_AGAIN
      }
    }
    table.peer = { context, node, kind in
      guard let key = key(node) else { return MESH_E_INVALID }
      return news(context) { agent in
        if kind == MESH_SESSION_PEER_COMES { agent.came(key) }
        if kind == MESH_SESSION_PEER_GOES { agent.went(key) }
        return MESH_OK
      }
    }
    table.sent = { context, token, status in
      news(context) { agent in
        agent.sent(token, status)
        return MESH_OK
      }
    }
    let pointer = UnsafeMutablePointer<mesh_session_plugin>.allocate(capacity: 1)
    pointer.initialize(to: table)
    return UnsafePointer(pointer)
  }()

  private static func key(_ node: UnsafePointer<UInt8>?) -> [UInt8]? {
    node.map { Array(UnsafeBufferPointer(start: $0, count: Int(MESH_SESSION_NODE_SIZE))) }
  }

  /// Something for the agent, and a turn for what comes of it.
  private static func news(_ context: UnsafeMutableRawPointer?, _ body: (BundleAgent) -> Int32) -> Int32 {
    PluginTable.with(context) { instance in
      guard let agent = instance.agent else { return MESH_E_STATE }
      defer { instance.wantTurn() }
      return body(agent)
    }
  }

  private static let submit:
    @convention(c) (
      UnsafeMutableRawPointer?, UnsafePointer<UInt8>?, UnsafeRawPointer?, UInt32, UInt64,
      UnsafePointer<mesh_carrier_options>?
    ) -> Int32 = { context, recipient, envelope, length, token, options in
      guard let key = key(recipient), let envelope, length > 0, let options else { return MESH_E_INVALID }
      guard options.pointee.flags == 0 else { return MESH_E_FLAG }
      return news(context) {
        $0.submit(
          UnsafeRawBufferPointer(start: envelope, count: Int(length)), for: key, token: token,
          lifetime: options.pointee.lifetime_ms, trafficClass: options.pointee.tclass)
      }
    }
}
