// SPDX-License-Identifier: Apache-2.0
import CApplication
import Glibc
import MeshConfig
import MeshControl
import MeshEventLoop
import MeshWire

/// A socket on its way to being attached: the call `application.attach` and its answer.
struct DaemonConnection {
  let descriptor: Int32
  private var codec = ControlCodec()
  private var output: [UInt8]

  /// Connects, and checks who is at the other end; see `ControlSocket.connect`.
  init(path: String, application: String, eventBytes: UInt64, patience: UInt64) throws(ControlError) {
    let attachment = ApplicationAttachment(
      version: UInt64(APP_VERSION), application: application, eventBytes: eventBytes)
    output = try ControlCodec.encode(.request(id: 1, method: ApplicationAttachMethod.name, params: attachment.cbor))
    descriptor = try ControlSocket.connect(path, patience: patience, refusal: ServiceUser.system().refusal)
  }

  /// Goes on; the node when the daemon has answered, nil when more has to come. After an error the socket is closed.
  mutating func advance() throws(ControlError) -> AttachedNode? {
    do throws(ControlError) {
      try write()
      return try read()
    } catch {
      close(descriptor)
      throw error
    }
  }

  private mutating func write() throws(ControlError) {
    while !output.isEmpty {
      let count = send(descriptor, output, output.count, Int32(MSG_NOSIGNAL | MSG_DONTWAIT))
      if count < 0, errno == EAGAIN || errno == EINTR { return }
      guard count > 0 else { throw Self.gone }
      output.removeFirst(count)
    }
  }

  private mutating func read() throws(ControlError) -> AttachedNode? {
    var room = [UInt8](repeating: 0, count: 4096)
    let count = recv(descriptor, &room, room.count, Int32(MSG_DONTWAIT))
    if count < 0, errno == EAGAIN || errno == EINTR { return nil }
    guard count > 0 else { throw Self.gone }
    room.withUnsafeBytes { codec.append(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
    switch try codec.next() {
    case nil: return nil
    case .result(_, let result)?:
      let node = try AttachedNode(cbor: result)
      guard node.version == UInt64(APP_VERSION), node.id.count == NodeID.length, codec.buffered == 0 else {
        throw ControlError(.version, "the daemon speaks another version of the protocol between application and node")
      }
      return node
    case .failure(_, let error)?:
      // A daemon from before this protocol does not know the method.
      throw error.code == ErrorCode.notFound.rawValue || error.code == ErrorCode.unsupported.rawValue
        ? ControlError(.version, "the daemon cannot be attached to: \(error.message)", hint: error.hint) : error
    default: throw ControlError(.protocol, "the daemon's answer is none")
    }
  }

  private static let gone = ControlError(.reset, "the daemon has closed the connection")
}
