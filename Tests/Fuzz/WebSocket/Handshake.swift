// SPDX-License-Identifier: Apache-2.0
// Modules: TransportBytes=Plugins/Shared/Bytes WebSocketCore=Plugins/WebSocket/Core
import WebSocketCore

/// What a client or a server says before the first frame.
@c(LLVMFuzzerTestOneInput)
public func fuzzHandshake(_ data: UnsafePointer<UInt8>?, _ size: Int) -> Int32 {
  guard let data, size > 0 else { return 0 }
  let bytes = UnsafeRawBufferPointer(start: data, count: size)
  guard let parsed = try? HTTPHead.parse(bytes) else { return 0 }
  precondition(parsed.length <= size && parsed.fields.count <= HTTPHead.maximumFields)
  let policy = UpgradePolicy(path: "/mesh", subprotocol: "mesh.v1", compression: true)
  switch policy.answer(to: parsed) {
  case .accept(let answer, _):
    let again = try? answer.withUnsafeBytes { try HTTPHead.parse($0) }
    precondition(again?.length == answer.count)
  case .refuse(let status, _): precondition((400...499).contains(status))
  }
  _ = try? UpgradeRequest(host: "h", path: "/", nonce: [UInt8](repeating: 0, count: 16)).check(parsed)
  return 0
}
