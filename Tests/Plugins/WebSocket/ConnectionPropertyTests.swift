import TestSupport
import Testing
// SPDX-License-Identifier: Apache-2.0
import TransportDriver
import WebSocketCore

/// Random messages, cut at random points, in both directions.
@Suite struct ConnectionPropertyTests {
  @Test(arguments: 0..<30)
  func `what one end sends the other receives, however the bytes are cut`(seed: UInt64) {
    var generator = SeededGenerator(seed)
    var compression: DeflateParameters?
    if seed % 3 != 0 {
      var parameters = DeflateParameters()
      parameters.serverNoContextTakeover = Bool.random(using: &generator)
      parameters.clientNoContextTakeover = Bool.random(using: &generator)
      parameters.serverMaxWindowBits = Int.random(in: 9...15, using: &generator)
      parameters.clientMaxWindowBits = Int.random(in: 9...15, using: &generator)
      compression = parameters
    }
    let roles: (Role, Role) = seed % 2 == 0 ? (.client, .server) : (.server, .client)
    let sender = Endpoint(roles.0, compression: compression)
    let receiver = Endpoint(roles.1, compression: compression)
    var expected: [Endpoint.Event] = []
    for _ in 0..<25 {
      let size = Int.random(in: 0...([10, 200, 3000, 70_000].randomElement(using: &generator) ?? 0), using: &generator)
      switch Int.random(in: 0..<4, using: &generator) {
      case 0:
        let ping = generator.bytes(min(size, 125))
        ping.withUnsafeBytes { sender.connection.sendControl(.ping, $0) }
        expected.append(.ping(ping))
      case 1:
        let text = Array(String(repeating: "aé€😀", count: size / 10).utf8)
        sender.send(.text, text)
        expected.append(.message(.text, text))
      default:
        let bytes = (0..<size).map { UInt8(truncatingIfNeeded: $0 / 7) ^ UInt8(truncatingIfNeeded: size) }
        sender.send(.binary, bytes)
        expected.append(.message(.binary, bytes))
      }
    }
    sender.connection.close(.goingAway)
    expected.append(.close(1001))
    var rest = sender.takeOutput()[...]
    while !rest.isEmpty {
      let most = [3, 100, 5000, 100_000].randomElement(using: &generator) ?? 1
      let part = rest.prefix(Int.random(in: 1...most, using: &generator))
      receiver.receive(part)
      rest = rest.dropFirst(part.count)
    }
    #expect(receiver.events == expected)
  }

  @Test(arguments: 0..<30)
  func `fragments with control frames between them make one message`(seed: UInt64) {
    var generator = SeededGenerator(seed &+ 1000)
    let message = generator.bytes(Int.random(in: 0...2000, using: &generator))
    var bytes: [UInt8] = []
    var expected: [Endpoint.Event] = []
    var rest = message[...]
    var opcode: UInt8 = 2
    repeat {
      let part = Array(rest.prefix(Int.random(in: 0...700, using: &generator)))
      rest = rest.dropFirst(part.count)
      bytes += frame(opcode, part, final: rest.isEmpty, key: generator.bytes(4))
      opcode = 0
      if !rest.isEmpty, Bool.random(using: &generator) {
        bytes += frame(0xA, [1, 2], key: generator.bytes(4))
        expected.append(.pong([1, 2]))
      }
    } while !rest.isEmpty
    expected.append(.message(.binary, message))
    let server = Endpoint(.server)
    while !bytes.isEmpty {
      let count = Int.random(in: 1...bytes.count, using: &generator)
      server.receive(bytes.prefix(count))
      bytes.removeFirst(count)
    }
    #expect(server.events == expected)
  }

  @Test(arguments: 0..<200)
  func `noise has the same outcome in one piece and byte by byte`(seed: UInt64) {
    var generator = SeededGenerator(seed &+ 5000)
    let role: Role = seed % 2 == 0 ? .server : .client
    let compression = seed % 3 == 0 ? DeflateParameters() : nil
    // Short well-formed frames before the noise, so that it meets all states.
    let key = role == .server ? generator.bytes(4) : nil
    var bytes = frame([1, 2, 9, 0xA].randomElement(using: &generator) ?? 1, [0x41], final: seed % 5 != 0, key: key)
    bytes += frame([0, 0, 1, 2, 8].randomElement(using: &generator) ?? 0, [0x03, 0xE8], key: key)
    bytes += generator.bytes(40)
    let whole = Endpoint(role, compression: compression)
    whole.receive(bytes)
    let single = Endpoint(role, compression: compression)
    for byte in bytes { single.receive([byte]) }
    #expect(whole.events == single.events)
  }
}
