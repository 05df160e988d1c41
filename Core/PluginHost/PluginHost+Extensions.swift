// SPDX-License-Identifier: Apache-2.0
import CMeshABI
import MeshEventLoop

/// Calls of the node into plugins that offer `mesh.carrier/1` or `mesh.session/1`. None may be made while a plugin is on
/// the stack; an instance that does not run, or does not offer the call, answers STATE or UNSUPPORTED.
extension PluginHost {
  private func target(_ id: InstanceID) -> (incarnation: Incarnation, context: UnsafeMutableRawPointer)? {
    guard callDepth == 0, let incarnation = instances.first(where: { $0.id == id })?.current,
      incarnation.state == .running, incarnation.isOpen, let context = incarnation.context
    else { return nil }
    return (incarnation, context)
  }

  private func carrier(_ incarnation: Incarnation) -> mesh_carrier_plugin? {
    HostExtensions.copy(incarnation.plugin.extensionTable(MESH_CARRIER_NAME), empty: mesh_carrier_plugin())
  }

  private func session(_ incarnation: Incarnation) -> mesh_session_plugin? {
    HostExtensions.copy(incarnation.plugin.extensionTable(MESH_SESSION_NAME), empty: mesh_session_plugin())
  }

  /// Whether the instance runs and takes envelopes.
  public func isCarrier(_ id: InstanceID) -> Bool { target(id).flatMap { carrier($0.incarnation)?.submit } != nil }

  /// Hands an envelope to a carrier; what becomes of it is told with `carrier(_:reports:)`.
  /// - Parameters:
  ///   - recipient: the public key of the node it is for, 32 bytes.
  ///   - lifetime: milliseconds from now.
  /// - Returns: `MESH_OK` when there is room for it, or why it was not taken.
  public func submit(
    _ envelope: UnsafeRawBufferPointer, for recipient: UnsafeRawBufferPointer, to id: InstanceID, token: UInt64,
    lifetime: UInt64, trafficClass: UInt8
  ) -> Int32 {
    guard recipient.count == Int(MESH_CARRIER_NODE_SIZE), envelope.count <= Int(MESH_CARRIER_ENVELOPE_MAX) else {
      return MESH_E_INVALID
    }
    guard let (incarnation, context) = target(id) else { return MESH_E_STATE }
    guard let function = carrier(incarnation)?.submit else { return MESH_E_UNSUPPORTED }
    var options = mesh_carrier_options(
      size: UInt32(truncatingIfNeeded: MemoryLayout<mesh_carrier_options>.size), flags: 0, lifetime_ms: lifetime,
      tclass: UInt32(trafficClass), reserved: 0)
    let code = incarnation.call("submit") {
      function(
        context, recipient.bindMemory(to: UInt8.self).baseAddress, envelope.baseAddress,
        UInt32(truncatingIfNeeded: envelope.count), token, &options)
    }
    return min(code, MESH_OK)
  }

  /// Asks a carrier to give an envelope up.
  public func cancelEnvelope(_ token: UInt64, of id: InstanceID) -> Int32 {
    guard let (incarnation, context) = target(id) else { return MESH_E_STATE }
    guard let function = carrier(incarnation)?.cancel else { return MESH_E_UNSUPPORTED }
    return incarnation.call("cancel") { function(context, token) }
  }

  /// The node's word on an envelope that arrived: see `settle` in mesh_carrier.h.
  public func settle(_ arrival: [UInt8], of id: InstanceID, status: Int32) {
    guard arrival.count == Int(MESH_CARRIER_ID_SIZE), let (incarnation, context) = target(id),
      let function = carrier(incarnation)?.settle
    else { return }
    _ = incarnation.call("settle") { arrival.withUnsafeBufferPointer { function(context, $0.baseAddress, status) } }
  }

  /// Asks a carrier to offer again what had to wait.
  public func retryArrivals(of id: InstanceID) {
    guard let (incarnation, context) = target(id), let function = carrier(incarnation)?.retry else { return }
    _ = incarnation.call("retry") { function(context) }
  }

  /// Hands a message of another node over; false when the plugin wants it again after `sessionResume`.
  public func sessionMessage(_ bytes: UnsafeRawBufferPointer, from node: UnsafeRawBufferPointer, to id: InstanceID)
    -> Bool
  {
    guard let (incarnation, context) = target(id), let function = session(incarnation)?.message else { return true }
    let code = incarnation.call("message") {
      function(
        context, node.bindMemory(to: UInt8.self).baseAddress, bytes.baseAddress,
        UInt32(truncatingIfNeeded: bytes.count))
    }
    return code != MESH_E_AGAIN
  }

  /// Tells that a peer comes or goes.
  public func sessionPeer(_ node: UnsafeRawBufferPointer, comes: Bool, to id: InstanceID) {
    guard let (incarnation, context) = target(id), let function = session(incarnation)?.peer else { return }
    let kind = comes ? MESH_SESSION_PEER_COMES : MESH_SESSION_PEER_GOES
    _ = incarnation.call("peer") { function(context, node.bindMemory(to: UInt8.self).baseAddress, kind) }
  }

  /// The last word on a message of `session(_:sends:)`; one of an earlier life is forgotten.
  public func sessionSent(_ message: SessionMessage, of id: InstanceID, status: Int32) {
    guard let incarnation = live.first(where: { $0.taken.rawValue == message.life }) else { return }
    incarnation.sendCount -= 1
    incarnation.sendBytes -= message.body.count
    guard let (current, context) = target(id), current === incarnation, let function = session(incarnation)?.sent else {
      return
    }
    _ = incarnation.call("sent") { function(context, message.token, status) }
  }

  func nodeKey() -> [UInt8]? { delegate?.nodeKey() }

  func serves(_ id: InstanceID, _ name: String) -> Int32 {
    delegate?.session(id, wantsToServe: name) ?? MESH_E_UNSUPPORTED
  }
}
