// SPDX-License-Identifier: Apache-2.0
// Modules: MeshWire=Core/Wire MeshEventLoop=Core/EventLoop MeshControl=Core/Control
import MeshControl

/// Feeds one connection of a small server with the input, cut into pieces whose sizes the input chooses.
@c(LLVMFuzzerTestOneInput)
public func fuzzControl(_ bytes: UnsafePointer<UInt8>, _ count: Int) -> Int32 {
  let server = ControlServer()
  server.answer(LogLevelMethod.self) { $0 }
  server.register(SendMethod.self) { call, message in call.fail(ControlError(.notFound, message.peer)) }
  server.register("stream", access: .client) { call in
    call.onData = { call.grant(UInt64($0.count)) }
    call.onEnd = { call.reply(Nothing()) }
    call.grant(1024)
  }
  let credentials = ControlCredentials(user: 1, group: 1, process: 1)
  let connection = server.open(access: .admin, credentials: credentials, now: 0)
  let input = UnsafeRawBufferPointer(start: bytes, count: count)
  var offset = 0
  var now: UInt64 = 0
  while offset < count {
    let size = min(Int(input[offset]) + 1, count - offset)
    connection.receive(UnsafeRawBufferPointer(rebasing: input[offset..<(offset + size)]), now: now)
    connection.consumeOutput(connection.output.count / 2, now: now)
    now += 1_000_000
    offset += size
  }
  connection.advance(now: now + 1_000_000_000_000)
  return 0
}
