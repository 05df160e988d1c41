// SPDX-License-Identifier: Apache-2.0
import CApplication
import CMeshABI
import MeshEventLoop
import MeshNode
import MeshObserve

extension ApplicationPort {
  private static let serveFlags = MESH_SERVE_MESSAGES | MESH_SERVE_STREAMS | MESH_SERVE_REQUESTS
  private static let usualWindow: UInt64 = 4096
  private static let largestWindow: UInt64 = 65_536

  func serve(_ command: ApplicationCommand) throws(ApplicationFault) {
    let name = try protocolName(command)
    let number = Int(command.header.protocol)
    // The flags of serving share their member with those of sending.
    let flags = command.header.flags
    guard flags != 0, flags & ~Self.serveFlags == 0 else { throw ApplicationFault("flags of serving: \(flags)") }
    let window = command.header.value == 0 ? Self.usualWindow : min(command.header.value, Self.largestWindow)
    while served.count <= number { served.append(nil) }
    var code = MESH_OK
    if served[number] == nil {
      let server = ServedProtocol(self, name: name, token: command.header.token, flags: flags, window: Int(window))
      do throws(NodeError) {
        try node.core.serve(name, with: server)
        served[number] = server
      } catch { code = MESH_E_BUSY }
    } else {
      code = MESH_E_BUSY
    }
    tell(application_event(APP_ON_ANSWER, id: UInt64(number), code: code))
  }

  func unserve(_ command: ApplicationCommand) throws(ApplicationFault) {
    _ = try protocolName(command)
    let number = Int(command.header.protocol)
    let wasServed = stopServing(number)
    tell(application_event(APP_ON_ANSWER, id: UInt64(number), code: wasServed ? MESH_OK : MESH_E_NOTFOUND))
  }

  @discardableResult
  func stopServing(_ number: Int) -> Bool {
    guard number < served.count, let server = served[number] else { return false }
    served[number] = nil
    node.core.stopServing(server.name)
    server.end(now: node.loop.now)
    return true
  }

  /// The application is done with something that an event brought. What has ended meanwhile is ignored.
  @inline(__always)
  func release(_ command: ApplicationCommand) throws(ApplicationFault) {
    hasReleased = true
    if command.data.count > 0 { return try releaseMany(command) }
    // The library names a reply by `value` alone.
    let number = command.header.id != 0 ? command.header.id : command.header.value
    if let (reader, sequence) = held.take(number) {
      reader.released(sequence, now: node.loop.now)
      node.metrics.messagesReceived.add()
    } else if let stream = streams[number] {
      stream.release(command.header.value)
    } else if !releaseReply(number) {
      _ = releaseRequest(number)
    }
  }

  private func releaseMany(_ command: ApplicationCommand) throws(ApplicationFault) {
    guard command.data.count % 8 == 0 else { throw ApplicationFault("a release of a part of a number") }
    var number = command.header.id
    var at = 0
    while true {
      if let (reader, sequence) = held.take(number) {
        reader.released(sequence, now: node.loop.now)
        node.metrics.messagesReceived.add()
      }
      guard at < command.data.count else { return }
      number = command.data.loadUnaligned(fromByteOffset: at, as: UInt64.self)
      at += 8
    }
  }
}
