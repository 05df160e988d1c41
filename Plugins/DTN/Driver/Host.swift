// SPDX-License-Identifier: Apache-2.0
import BundleAgent
import BundleConvergence
import BundleNetwork
import BundleProtocol
import CLinux
import CMeshABI

/// The host's tables with the context of one instance; every function was checked to be there.
final class Host: AgentHost, @unchecked Sendable {
  private let context: OpaquePointer
  /// Where connections of convergence layers are; the instance keeps it.
  weak var network: Network?
  private let table: mesh_host_api
  private let carrier: mesh_carrier_host?
  private let session: mesh_session_host?
  private let command: mesh_command_host?
  /// What agents on other nodes are asked for.
  static let protocolName = "/mesh/dtn/1"

  /// Nil when the base is not all there.
  init?(context: OpaquePointer, table: UnsafePointer<mesh_host_api>) {
    guard Int(table.pointee.size) >= MemoryLayout<mesh_host_api>.size, let ask = table.pointee.extension else {
      return nil
    }
    self.context = context
    self.table = table.pointee
    carrier = Self.side(ask(context, MESH_CARRIER_NAME))
    session = Self.side(ask(context, MESH_SESSION_NAME))
    command = Self.side(ask(context, MESH_COMMAND_NAME))
    let present =
      self.table.log != nil && self.table.post != nil && self.table.now != nil && self.table.deadline != nil
      && self.table.transmit_done != nil && self.table.link_event != nil && self.table.offload != nil
    guard present else { return nil }
  }

  /// The host's side of an extension, when it is as large as this plugin knows it.
  private static func side<Table>(_ source: UnsafeRawPointer?) -> Table? {
    guard let source, Int(source.loadUnaligned(as: UInt32.self)) >= MemoryLayout<Table>.size else { return nil }
    return source.loadUnaligned(as: Table.self)
  }

  /// Without carriage and sessions there is nothing to do (MPA-06).
  var isUsable: Bool {
    carrier?.report != nil && carrier?.arrived != nil && session?.node != nil && session?.serve != nil
      && session?.send != nil && session?.resume != nil
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

  func event(
    _ kind: UInt32, listener: UInt64 = 0, code: Int32 = MESH_OK, category: UInt32 = MESH_CLASS_NONE, _ text: String = ""
  ) {
    var text = text
    text.withUTF8 { bytes in
      var event = mesh_link_event()
      event.kind = kind
      event.listener = listener
      event.code = code
      event.fclass = category
      event.data.ptr = UnsafeRawPointer(bytes.baseAddress)
      event.data_len = UInt32(min(bytes.count, Int(MESH_EVENT_PAYLOAD_MAX)))
      _ = table.link_event.unsafelyUnwrapped(context, &event, 1)
    }
  }

  /// The answer to `configure`.
  func configured(_ code: Int32, parameter: Int) {
    var event = mesh_link_event()
    event.kind = MESH_EVENT_CONFIGURED
    event.code = code
    event.token = UInt64(parameter)
    _ = table.link_event.unsafelyUnwrapped(context, &event, 1)
  }

  // MARK: sessions

  /// This node's public key.
  var nodeKey: [UInt8]? {
    var key = [UInt8](repeating: 0, count: Int(MESH_SESSION_NODE_SIZE))
    return session?.node?(context, &key) == MESH_OK ? key : nil
  }

  func serve() -> Int32 {
    var name = Self.protocolName
    return name.withUTF8 { bytes in
      bytes.withMemoryRebound(to: CChar.self) {
        session?.serve?(context, $0.baseAddress, UInt32($0.count)) ?? MESH_E_UNSUPPORTED
      }
    }
  }

  func send(_ message: [UInt8], to neighbour: [UInt8], token: UInt64) -> Bool {
    var name = Self.protocolName
    let code = name.withUTF8 { bytes in
      bytes.withMemoryRebound(to: CChar.self) {
        session?.send?(context, neighbour, $0.baseAddress, UInt32($0.count), message, UInt32(message.count), token)
      }
    }
    return code == MESH_OK
  }

  func resume(_ neighbour: [UInt8]) { _ = session?.resume?(context, neighbour) }

  func transfer(_ message: NeighbourMessage, over connection: [UInt8]) -> Bool {
    guard let network else { return false }
    switch message {
    case .bundle(let number, let bytes): return network.send(bytes, number: number, over: connection)
    case .taken(let number): network.settle(number, .stored, over: connection)
    case .refused(let number, let reason):
      network.settle(number, .refused(RefusalReason(rawValue: reason.rawValue)), over: connection)
    case .room: network.offerPostponed(over: connection)
    default: break
    }
    return true
  }

  func largestTransfer(over connection: [UInt8]) -> UInt64 { network?.largestTransfer(over: connection) ?? .max }

  // MARK: commands

  func write(_ bytes: [UInt8], to token: UInt64) -> Int32 {
    command?.write?(context, token, bytes, UInt32(bytes.count)) ?? MESH_E_STALE
  }

  func finish(_ token: UInt64, _ status: Int32, _ sentence: String) {
    var sentence = sentence
    sentence.withUTF8 { bytes in
      bytes.withMemoryRebound(to: CChar.self) {
        _ = command?.done?(context, token, status, $0.baseAddress, UInt32($0.count))
      }
    }
  }

  // MARK: carrier

  func report(_ token: UInt64, _ kind: UInt32, _ code: Int32) {
    _ = carrier?.report?(context, token, kind, code)
  }

  func arrived(_ id: [UInt8], _ envelope: [UInt8]) -> Bool {
    carrier?.arrived?(context, id, envelope, UInt32(envelope.count)) == MESH_OK
  }

  var steadyTime: UInt64 { now / 1_000_000 }

  var bundleTime: UInt64 {
    let time = clinux_wall_clock_ms() - Int64(CreationTimestamp.unixOffset) * 1000
    return time > 0 ? UInt64(time) : 0
  }
}
