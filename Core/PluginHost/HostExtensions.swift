// SPDX-License-Identifier: Apache-2.0
import CMeshABI
import Glibc

/// The host's sides of the extensions, one table each for the process, never changed, never freed.
enum HostExtensions {
  /// Name and table of each.
  nonisolated(unsafe) static let all: [(name: UnsafePointer<CChar>, table: UnsafeRawPointer)] = [
    (
      name(MESH_CARRIER_NAME),
      table(
        mesh_carrier_host(
          size: size(of: mesh_carrier_host.self), reserved: 0, report: carrierReport, arrived: carrierArrived))
    ),
    (
      name(MESH_SESSION_NAME),
      table(
        mesh_session_host(
          size: size(of: mesh_session_host.self), reserved: 0, node: sessionNode, serve: sessionServe,
          send: sessionSend,
          resume: sessionResume))
    ),
    (
      name(MESH_STREAM_NAME),
      table(
        mesh_stream_host(
          size: size(of: mesh_stream_host.self), reserved: 0, event: streamEvent, credit: streamCredit))
    ),
  ]

  private static func name(_ text: String) -> UnsafePointer<CChar> { UnsafePointer(strdup(text)) }

  private static func size<Table>(of type: Table.Type) -> UInt32 {
    UInt32(truncatingIfNeeded: MemoryLayout<Table>.size)
  }

  private static func table<Table>(_ value: Table) -> UnsafeRawPointer {
    let pointer = UnsafeMutablePointer<Table>.allocate(capacity: 1)
    pointer.initialize(to: value)
    return UnsafeRawPointer(pointer)
  }

  /// A copy of a plugin's side: members beyond the size that it declares are NULL. Nil when there is none.
  static func copy<Table>(_ source: UnsafeRawPointer?, empty: Table) -> Table? {
    guard let source else { return nil }
    let declared = Int(source.loadUnaligned(as: UInt32.self))
    var table = empty
    withUnsafeMutableBytes(of: &table) {
      $0.copyMemory(from: UnsafeRawBufferPointer(start: source, count: min(declared, $0.count)))
    }
    return table
  }
}

@c private func carrierReport(_ host: OpaquePointer?, _ token: UInt64, _ kind: UInt32, _ code: Int32) -> Int32 {
  HostTable.onLoop(host) { $0.carrierReport(token, kind, code) }
}

@c private func carrierArrived(
  _ host: OpaquePointer?, _ id: UnsafePointer<UInt8>?, _ envelope: UnsafeRawPointer?, _ length: UInt32
) -> Int32 {
  HostTable.onLoop(host) { $0.carrierArrived(id, envelope, length) }
}

@c private func sessionNode(_ host: OpaquePointer?, _ key: UnsafeMutablePointer<UInt8>?) -> Int32 {
  HostTable.onLoop(host) { $0.sessionNode(key) }
}

@c private func sessionServe(_ host: OpaquePointer?, _ name: UnsafePointer<CChar>?, _ length: UInt32) -> Int32 {
  HostTable.onLoop(host) { $0.sessionServe(name, length) }
}

@c private func sessionSend(
  _ host: OpaquePointer?, _ node: UnsafePointer<UInt8>?, _ name: UnsafePointer<CChar>?, _ nameLength: UInt32,
  _ bytes: UnsafeRawPointer?, _ length: UInt32, _ token: UInt64
) -> Int32 {
  HostTable.onLoop(host) { $0.sessionSend(node, name, nameLength, bytes, length, token) }
}

@c private func sessionResume(_ host: OpaquePointer?, _ node: UnsafePointer<UInt8>?) -> Int32 {
  HostTable.onLoop(host) { $0.sessionResume(node) }
}

@c private func streamEvent(_ host: OpaquePointer?, _ event: UnsafePointer<mesh_stream_event>?) -> Int32 {
  HostTable.onLoop(host) { $0.streamEvent(event) }
}

@c private func streamCredit(
  _ host: OpaquePointer?, _ link: UInt64, _ stream: UInt32, _ frames: UInt32, _ bytes: UInt64
) -> Int32 {
  HostTable.onLoop(host) { $0.streamCredit(link, stream, frames, bytes) }
}
