// SPDX-License-Identifier: Apache-2.0
import CMeshABI

/// The host's side of `mesh.command/1`: one table for the process.
enum CommandTable {
  nonisolated(unsafe) static let shared: UnsafePointer<mesh_command_host> = {
    let table = UnsafeMutablePointer<mesh_command_host>.allocate(capacity: 1)
    table.initialize(
      to: mesh_command_host(
        size: UInt32(MemoryLayout<mesh_command_host>.size), reserved: 0, write: commandWrite, done: commandDone))
    return UnsafePointer(table)
  }()
}

extension Incarnation {
  fileprivate func write(_ token: UInt64, _ bytes: UnsafeRawPointer?, _ count: UInt32) -> Int32 {
    guard let call = host.commandCalls[token], call.incarnation === self else { return MESH_E_STALE }
    guard count <= MESH_COMMAND_WRITE_MAX, bytes != nil || count == 0 else { return MESH_E_INVALID }
    let output = Array(UnsafeRawBufferPointer(start: bytes, count: Int(count)))
    return call.output(output) ? MESH_OK : MESH_E_AGAIN
  }

  fileprivate func done(_ token: UInt64, _ status: Int32, _ sentence: UnsafePointer<CChar>?, _ count: UInt32) -> Int32 {
    guard let call = host.commandCalls[token], call.incarnation === self else { return MESH_E_STALE }
    host.commandCalls[token] = nil
    let bytes = UnsafeRawBufferPointer(start: sentence, count: sentence == nil ? 0 : min(Int(count), 1024))
    call.end(min(status, 0), printable(bytes, limit: 1024))
    return MESH_OK
  }
}

@c private func commandWrite(
  _ host: OpaquePointer?, _ token: UInt64, _ bytes: UnsafeRawPointer?, _ count: UInt32
) -> Int32 {
  HostTable.onLoop(host) { $0.write(token, bytes, count) }
}

@c private func commandDone(
  _ host: OpaquePointer?, _ token: UInt64, _ status: Int32, _ sentence: UnsafePointer<CChar>?, _ count: UInt32
) -> Int32 {
  HostTable.onLoop(host) { $0.done(token, status, sentence, count) }
}
