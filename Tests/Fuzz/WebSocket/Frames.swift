// SPDX-License-Identifier: Apache-2.0
// Modules: TransportBytes=Plugins/Shared/Bytes WebSocketCore=Plugins/WebSocket/Core
import WebSocketCore

/// Frames from the network. The first byte chooses role, compression and how the rest is cut.
@c(LLVMFuzzerTestOneInput)
public func fuzzFrames(_ data: UnsafePointer<UInt8>?, _ size: Int) -> Int32 {
  guard let data, size > 1 else { return 0 }
  let choice = data[0]
  let compression = choice & 2 != 0 ? DeflateParameters() : nil
  guard
    let connection = Connection(
      role: choice & 1 != 0 ? .client : .server, limit: 1 << 16, compression: compression, seed: 1)
  else { return 0 }
  let step = max(1, Int(choice >> 2))
  var at = 1
  while at < size {
    let count = min(step, size - at)
    connection.receiveSpace(count).copyMemory(from: data + at, byteCount: count)
    connection.received(count)
    at += count
    do {
      while let event = try connection.next() {
        if case .message(let opcode, let bytes) = event {
          precondition(bytes.count <= 1 << 16)
          precondition(opcode == .binary || String(validating: bytes, as: UTF8.self) != nil)
          connection.send(opcode, bytes)
        }
      }
    } catch {
      precondition(connection.hasSentClose)
      return 0
    }
  }
  return 0
}
