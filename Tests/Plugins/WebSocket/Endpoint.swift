// SPDX-License-Identifier: Apache-2.0
import TransportBytes
import WebSocketCore

/// A connection whose events are kept as values.
final class Endpoint {
  enum Event: Equatable {
    case message(Opcode, [UInt8])
    case ping([UInt8])
    case pong([UInt8])
    case close(UInt16?)
    case failure(ProtocolViolation)
  }

  let connection: Connection
  private(set) var events: [Event] = []

  init(_ role: Role, limit: Int = 1 << 20, compression: DeflateParameters? = nil) {
    connection = Connection(role: role, limit: limit, compression: compression, seed: 42)!
  }

  /// Nothing is received after a failure.
  func receive(_ bytes: some Collection<UInt8>) {
    if case .failure = events.last { return }
    let target = connection.receiveSpace(bytes.count)
    Array(bytes).withUnsafeBytes { source in
      if let base = source.baseAddress { target.copyMemory(from: base, byteCount: source.count) }
    }
    connection.received(bytes.count)
    do {
      while let event = try connection.next() {
        switch event {
        case .message(let opcode, let payload): events.append(.message(opcode, Array(payload)))
        case .ping(let payload): events.append(.ping(Array(payload)))
        case .pong(let payload): events.append(.pong(Array(payload)))
        case .close(let code): events.append(.close(code?.rawValue))
        }
      }
    } catch {
      events.append(.failure(error))
    }
  }

  /// What waits to be sent, and forgets it.
  func takeOutput() -> [UInt8] {
    let bytes = Array(connection.output.readable)
    connection.output.removeAll()
    return bytes
  }

  func send(_ opcode: Opcode, _ payload: [UInt8]) {
    payload.withUnsafeBytes { connection.send(opcode, $0) }
  }
}

/// One frame as bytes; masked when there is a key.
func frame(
  _ opcode: UInt8, _ payload: [UInt8], final: Bool = true, reserved: UInt8 = 0, key: [UInt8]? = nil
) -> [UInt8] {
  var bytes = [(final ? 0x80 : 0) | reserved << 4 | opcode]
  let mask: UInt8 = key == nil ? 0 : 0x80
  switch payload.count {
  case 0..<126: bytes.append(mask | UInt8(payload.count))
  case 126..<65_536: bytes += [mask | 126, UInt8(payload.count >> 8), UInt8(payload.count & 0xFF)]
  default: bytes += [mask | 127] + (0..<8).map { UInt8(truncatingIfNeeded: payload.count >> (56 - 8 * $0)) }
  }
  guard let key else { return bytes + payload }
  return bytes + key + payload.enumerated().map { $1 ^ key[$0 % 4] }
}
