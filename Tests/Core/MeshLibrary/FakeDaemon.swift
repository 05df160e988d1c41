// SPDX-License-Identifier: Apache-2.0
import CApplication
import Glibc
import MeshControl
import Testing

/// A daemon in a test: lets one library in, then does as it is told.
final class FakeDaemon: @unchecked Sendable {
  let path: String
  private let folder: String
  private let listener: Int32
  private var thread = pthread_t()
  fileprivate private(set) var connection: Int32 = -1
  private var input: [UInt8] = []

  init() throws {
    var template = Array("/tmp/mesh-library-XXXXXX".utf8CString)
    try #require(mkdtemp(&template) != nil)
    folder = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
    path = "\(folder)/socket"
    listener = try ControlSocket.listen(path, mode: 0o600)
    _ = fcntl(listener, F_SETFL, 0)
  }

  deinit {
    hangUp()
    close(listener)
    unlink(path)
    rmdir(folder)
  }

  /// Lets the next connection in, on a thread of its own.
  func letIn() throws {
    input = []
    try #require(pthread_create(&thread, nil, fakeDaemonThread, Unmanaged.passUnretained(self).toOpaque()) == 0)
  }

  /// Waits until it is in.
  func await() { pthread_join(thread, nil) }

  func hangUp() {
    // A process that another test is starting may have the descriptor too.
    if connection >= 0 {
      shutdown(connection, Int32(SHUT_RDWR))
      close(connection)
    }
    connection = -1
  }

  fileprivate func serve() {
    connection = accept(listener, nil, nil)
    var codec = ControlCodec()
    var space = [UInt8](repeating: 0, count: 4096)
    while true {
      let count = recv(connection, &space, space.count, 0)
      guard count > 0 else { return }
      space.withUnsafeBytes { codec.append(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
      guard let message = try? codec.next() else { continue }
      let node = AttachedNode(version: UInt64(APP_VERSION), id: [UInt8](repeating: 7, count: 32))
      guard let answer = try? ControlCodec.encode(.result(id: message.id, node.cbor)) else { return }
      _ = send(connection, answer, answer.count, Int32(MSG_NOSIGNAL))
      return
    }
  }

  /// Sends one event without metadata.
  func tell(_ kind: UInt32, id: UInt64, code: Int32 = 0, token: UInt64 = 0, value: UInt64 = 0, data: [UInt8] = []) {
    var header = application_event()
    header.kind = kind
    header.id = id
    header.code = code
    header.token = token
    header.value = value
    header.len = UInt32(data.count)
    var bytes = withUnsafeBytes(of: header) { Array($0) } + data
    while bytes.count % 8 != 0 { bytes.append(0) }
    _ = send(connection, bytes, bytes.count, Int32(MSG_NOSIGNAL))
  }

  /// The headers of the commands that have come since the last time.
  func commands() -> [application_command] {
    var space = [UInt8](repeating: 0, count: 1 << 16)
    let count = recv(connection, &space, space.count, Int32(MSG_DONTWAIT))
    if count > 0 { input += space[..<count] }
    var found: [application_command] = []
    while input.count >= 64 {
      let header = input.withUnsafeBytes { $0.loadUnaligned(as: application_command.self) }
      let length = 64 + (header.flags & APP_FLAG_KEY != 0 ? 16 : 0) + Int(header.meta_len) + Int(header.len)
      let padded = (length + 7) & ~7
      guard input.count >= padded else { break }
      found.append(header)
      input.removeFirst(padded)
    }
    return found
  }
}

@c private func fakeDaemonThread(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
  if let context { Unmanaged<FakeDaemon>.fromOpaque(context).takeUnretainedValue().serve() }
  return nil
}
