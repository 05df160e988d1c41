// SPDX-License-Identifier: Apache-2.0
import BundleAgent
import BundleProtocol
import CLinux
import CMeshABI

/// The host's tables with the context of one instance; every function was checked to be there.
final class Host: AgentHost, @unchecked Sendable {
  private let context: OpaquePointer
  private let table: mesh_host_api
  private let carrier: mesh_carrier_host
  private let session: mesh_session_host
  /// What agents on other nodes are asked for.
  static let protocolName = "/mesh/dtn/1"

  /// Nil when the host offers no carrier or no sessions: there is nothing to do then.
  init?(context: OpaquePointer, table: UnsafePointer<mesh_host_api>) {
    guard Int(table.pointee.size) >= MemoryLayout<mesh_host_api>.size, let ask = table.pointee.extension,
      let carrier = ask(context, MESH_CARRIER_NAME)?.assumingMemoryBound(to: mesh_carrier_host.self),
      let session = ask(context, MESH_SESSION_NAME)?.assumingMemoryBound(to: mesh_session_host.self),
      Int(carrier.pointee.size) >= MemoryLayout<mesh_carrier_host>.size,
      Int(session.pointee.size) >= MemoryLayout<mesh_session_host>.size
    else { return nil }
    self.context = context
    self.table = table.pointee
    self.carrier = carrier.pointee
    self.session = session.pointee
    let present =
      self.table.log != nil && self.table.post != nil && self.table.now != nil && self.table.deadline != nil
      && self.table.transmit_done != nil && self.table.link_event != nil && self.table.offload != nil
      && self.carrier.report != nil && self.carrier.arrived != nil && self.session.node != nil
      && self.session.serve != nil && self.session.send != nil
    guard present else { return nil }
  }

  func log(_ level: UInt32, _ text: String) {
    var text = text
    text.withUTF8 { bytes in
      bytes.withMemoryRebound(to: CChar.self) {
        _ = table.log.unsafelyUnwrapped(context, level, $0.baseAddress, $0.count)
      }
    }
  }

  func post(_ token: UInt64) { _ = table.post.unsafelyUnwrapped(context, token) }
  var now: UInt64 { table.now.unsafelyUnwrapped(context) }
  func deadline(_ at: UInt64) { _ = table.deadline.unsafelyUnwrapped(context, at) }

  func done(_ buffers: UnsafeMutablePointer<mesh_buf>, _ count: UInt32) {
    _ = table.transmit_done.unsafelyUnwrapped(context, buffers, count)
  }

  func offload(
    _ function: @escaping @convention(c) (UnsafeMutableRawPointer?) -> Int32, _ argument: UnsafeMutableRawPointer,
    token: UInt64
  ) -> Int32 {
    table.offload.unsafelyUnwrapped(context, function, argument, token)
  }

  func event(_ kind: UInt32, code: Int32 = MESH_OK, category: UInt32 = MESH_CLASS_NONE, _ text: String = "") {
    var text = text
    text.withUTF8 { bytes in
      var event = mesh_link_event()
      event.kind = kind
      event.code = code
      event.fclass = category
      event.data.ptr = UnsafeRawPointer(bytes.baseAddress)
      event.data_len = UInt32(min(bytes.count, Int(MESH_EVENT_PAYLOAD_MAX)))
      _ = table.link_event.unsafelyUnwrapped(context, &event, 1)
    }
  }

  // MARK: sessions

  /// This node's public key.
  var nodeKey: [UInt8]? {
    var key = [UInt8](repeating: 0, count: Int(MESH_SESSION_NODE_SIZE))
    return session.node.unsafelyUnwrapped(context, &key) == MESH_OK ? key : nil
  }

  func serve() -> Int32 {
    var name = Self.protocolName
    return name.withUTF8 { bytes in
      bytes.withMemoryRebound(to: CChar.self) {
        session.serve.unsafelyUnwrapped(context, $0.baseAddress, UInt32($0.count))
      }
    }
  }

  func send(_ message: [UInt8], to neighbour: [UInt8], token: UInt64) -> Bool {
    var name = Self.protocolName
    let code = name.withUTF8 { bytes in
      bytes.withMemoryRebound(to: CChar.self) {
        session.send.unsafelyUnwrapped(
          context, neighbour, $0.baseAddress, UInt32($0.count), message, UInt32(message.count), token)
      }
    }
    return code == MESH_OK
  }

  // MARK: carrier

  func report(_ token: UInt64, _ kind: UInt32, _ code: Int32) {
    _ = carrier.report.unsafelyUnwrapped(context, token, kind, code)
  }

  func arrived(_ id: [UInt8], _ envelope: [UInt8]) -> Bool {
    carrier.arrived.unsafelyUnwrapped(context, id, envelope, UInt32(envelope.count)) == MESH_OK
  }

  var bundleTime: UInt64 {
    let time = clinux_wall_clock_ms() - Int64(CreationTimestamp.unixOffset) * 1000
    return time > 0 ? UInt64(time) : 0
  }
}
