// SPDX-License-Identifier: Apache-2.0
import CMeshABI
import MeshEventLoop

/// What a plugin calls of the extensions. Everything but questions is queued for the node.
extension Incarnation {
  /// Bytes of envelopes that may wait for the node.
  private static let arrivedLimit = 64 << 20
  /// Bytes and number of messages of the plugin that may be unanswered.
  private static let sendLimit = 32 << 20
  private static let sendCountLimit = 1024

  func carrierReport(_ token: UInt64, _ kind: UInt32, _ code: Int32) -> Int32 {
    guard (MESH_CARRIER_STORED...MESH_CARRIER_REFUSED).contains(kind) else {
      violation("carrier report of the unknown kind \(kind)")
      return MESH_E_INVALID
    }
    let isRefusal = kind == MESH_CARRIER_REFUSED
    guard code <= 0, isRefusal || code == MESH_OK else {
      violation("carrier report with the code \(code)")
      return MESH_E_INVALID
    }
    host.queue.pointee.append(.carrierReport(instance.id, CarrierReport(token: token, kind: kind, code: code)))
    host.wantFlush()
    return MESH_OK
  }

  func carrierArrived(_ id: UnsafePointer<UInt8>?, _ envelope: UnsafeRawPointer?, _ length: UInt32) -> Int32 {
    guard let id, let envelope, length > 0, length <= MESH_CARRIER_ENVELOPE_MAX else { return MESH_E_INVALID }
    guard state == .running else { return MESH_E_STATE }
    guard host.arrivedBytes == 0 || host.arrivedBytes + Int(length) <= Self.arrivedLimit else { return MESH_E_AGAIN }
    host.arrivedBytes += Int(length)
    let arrival = CarrierArrival(
      id: Array(UnsafeRawBufferPointer(start: id, count: Int(MESH_CARRIER_ID_SIZE))),
      envelope: Array(UnsafeRawBufferPointer(start: envelope, count: Int(length))))
    host.queue.pointee.append(.carrierArrived(instance.id, arrival))
    host.wantFlush()
    return MESH_OK
  }

  func sessionNode(_ key: UnsafeMutablePointer<UInt8>?) -> Int32 {
    guard let key else { return MESH_E_INVALID }
    guard let name = host.nodeKey(), name.count == Int(MESH_SESSION_NODE_SIZE) else { return MESH_E_UNSUPPORTED }
    UnsafeMutableRawPointer(key).copyMemory(from: name, byteCount: name.count)
    return MESH_OK
  }

  /// The name, when it is one that this plugin may use.
  private func protocolName(_ name: UnsafePointer<CChar>?, _ length: UInt32) -> Result<String, ExtensionRefusal> {
    guard let name, length > 0, length <= MESH_SESSION_PROTOCOL_MAX,
      let text = String(validating: UnsafeRawBufferPointer(start: name, count: Int(length)), as: UTF8.self)
    else { return .failure(ExtensionRefusal(code: MESH_E_INVALID)) }
    guard text.hasPrefix("/mesh/\(plugin.info.id)/") else {
      violation("a protocol that is not its own: \(text)")
      return .failure(ExtensionRefusal(code: MESH_E_PERMISSION))
    }
    return .success(text)
  }

  func sessionServe(_ name: UnsafePointer<CChar>?, _ length: UInt32) -> Int32 {
    switch protocolName(name, length) {
    case .failure(let refusal): return refusal.code
    case .success(let text):
      guard state == .starting || state == .running else { return MESH_E_STATE }
      let code = host.serves(instance.id, text)
      if code == MESH_OK {
        host.queue.pointee.append(.sessionServed(instance.id))
        host.wantFlush()
      }
      return code
    }
  }

  func sessionSend(
    _ node: UnsafePointer<UInt8>?, _ name: UnsafePointer<CChar>?, _ nameLength: UInt32, _ bytes: UnsafeRawPointer?,
    _ length: UInt32, _ token: UInt64
  ) -> Int32 {
    guard let node, bytes != nil || length == 0 else { return MESH_E_INVALID }
    guard length <= MESH_SESSION_MESSAGE_MAX else { return MESH_E_MTU }
    switch protocolName(name, nameLength) {
    case .failure(let refusal): return refusal.code
    case .success(let text):
      let size = Int(length)
      guard sendCount == 0 || sendCount < Self.sendCountLimit && sendBytes + size <= Self.sendLimit else {
        return MESH_E_AGAIN
      }
      sendCount += 1
      sendBytes += size
      let message = SessionMessage(
        life: taken.rawValue, node: Array(UnsafeRawBufferPointer(start: node, count: Int(MESH_SESSION_NODE_SIZE))),
        name: text, body: Array(UnsafeRawBufferPointer(start: bytes, count: size)), token: token)
      host.queue.pointee.append(.sessionSend(instance.id, message))
      host.wantFlush()
      return MESH_OK
    }
  }

  func sessionResume(_ node: UnsafePointer<UInt8>?) -> Int32 {
    guard let node else { return MESH_E_INVALID }
    let key = Array(UnsafeRawBufferPointer(start: node, count: Int(MESH_SESSION_NODE_SIZE)))
    host.queue.pointee.append(.sessionResume(instance.id, key))
    host.wantFlush()
    return MESH_OK
  }
}

/// Why a call of an extension was refused.
private struct ExtensionRefusal: Error {
  let code: Int32
}
