import Glibc
// SPDX-License-Identifier: Apache-2.0
import TransportBytes
import TransportTLS
import WebSocketCore

/// One connection of the server, or the client's: first the upgrade, then the echo.
final class Peer {
  /// Largest message that is returned, bytes.
  private static let limit = 64 << 20
  /// Bytes that may wait for the other end before nothing more is read from it.
  private static let backlog = 32 << 20

  let stream: Stream
  private let policy: UpgradePolicy?
  private let request: UpgradeRequest?
  private let head = ByteBuffer(capacity: 8192)
  private let unsent = ByteBuffer(capacity: 8192)
  private var connection: Connection?
  /// The last text that arrived, for the client that asks for a number of cases.
  private(set) var lastText = ""
  /// True when nothing more can come or go.
  private(set) var isDone = false
  private var isClosing = false
  private var isFinished = false
  private let echoes: Bool

  init(server stream: Stream, compression: Bool) {
    self.stream = stream
    policy = UpgradePolicy(origins: ["*"], compression: compression)
    request = nil
    echoes = true
  }

  init(client stream: Stream, to address: WebSocketAddress, compression: Bool, echoes: Bool) {
    self.stream = stream
    policy = nil
    self.echoes = echoes
    var nonce = [UInt8](repeating: 0, count: 16)
    getentropy(&nonce, nonce.count)
    let request = UpgradeRequest(
      host: address.hostField, path: address.path, extensions: compression ? DeflateParameters.offer : nil,
      nonce: nonce)
    self.request = request
    unsent.append(request.bytes)
    flush()
  }

  var wants: Int16 {
    let output = connection?.output ?? unsent
    let wantsWrite = !output.isEmpty || stream.isBlocked
    return Int16(output.count < Self.backlog ? POLLIN : 0) | Int16(wantsWrite ? POLLOUT : 0)
  }

  func ready() {
    flush()
    // Until nothing is left: what TLS holds back, the socket does not announce.
    while !isDone, wants & Int16(POLLIN) != 0, receive() { flush() }
  }

  /// False when there is nothing more now.
  private func receive() -> Bool {
    let room = connection == nil ? HTTPHead.maximumBytes : 65_536
    let target = connection?.receiveSpace(room) ?? head.reserve(room)
    guard let count = stream.receive(target, room) else {
      isDone = true
      return false
    }
    guard count > 0 else { return false }
    if let connection {
      connection.received(count)
      echo(connection)
    } else {
      head.commit(count)
      upgrade()
    }
    return true
  }

  private func flush() {
    guard stream.send(unsent), unsent.isEmpty else { return }
    if let connection, !stream.send(connection.output) { isDone = true }
    let isEmpty = (connection?.output.isEmpty ?? true) && !stream.isBlocked
    guard isClosing, isEmpty, !isFinished else { return }
    isFinished = true
    stream.finish()
  }

  private func echo(_ connection: Connection) {
    do throws(ProtocolViolation) {
      while let event = try connection.next() {
        switch event {
        case .message(let opcode, let bytes):
          if opcode == .text, !echoes { lastText = String(decoding: bytes, as: UTF8.self) }
          if echoes { connection.send(opcode, bytes) }
        case .ping, .pong: break
        case .close: isClosing = true
        }
      }
    } catch {
      isClosing = true
    }
  }

  private func upgrade() {
    do {
      guard let parsed = try HTTPHead.parse(head.readable) else { return }
      if let policy {
        switch policy.answer(to: parsed) {
        case .accept(let bytes, let compression): begin(.server, compression, after: parsed.length, sending: bytes)
        case .refuse(_, let bytes):
          unsent.append(bytes)
          flush()
          isDone = true
        }
      } else if let request {
        begin(.client, try request.check(parsed), after: parsed.length, sending: [])
      }
    } catch {
      isDone = true
    }
  }

  private func begin(_ role: Role, _ compression: DeflateParameters?, after length: Int, sending bytes: [UInt8]) {
    unsent.append(bytes)
    var seed: UInt64 = 0
    getentropy(&seed, 8)
    guard let made = Connection(role: role, limit: Self.limit, compression: compression, seed: seed) else {
      isDone = true
      return
    }
    head.consume(length)
    made.receiveSpace(head.count).copyMemory(from: head.bytes, byteCount: head.count)
    made.received(head.count)
    connection = made
    echo(made)
  }
}
