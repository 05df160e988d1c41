// SPDX-License-Identifier: Apache-2.0
import CApplication
import CMeshABI
import Glibc
import MeshControl
import MeshEventLoop
import MeshWire

extension Application {
  /// Calls a method of the node and waits for its answer.
  func call<M: ControlMethod>(_ method: M.Type, _ params: M.Params) throws(LibraryError) -> M.Result {
    lastControlID += 1
    let id = lastControlID
    var command = application_command()
    command.kind = APP_CONTROL
    do throws(ControlError) {
      let bytes = try ControlCodec.encode(.request(id: id, method: M.name, params: params.cbor))
      guard write(command, text: bytes) else { throw ControlError(.noMemory, "there is no memory") }
    } catch { throw LibraryError(error) }
    // A place for the answer; what comes after it was given up is not kept.
    controlAnswers[id] = .cancel(id: id)
    defer { controlAnswers[id] = nil }
    let deadline = MonotonicClock.read() &+ callTimeout
    let isAnswered = work(until: deadline) {
      if case .cancel? = controlAnswers[id] { false } else { true }
    }
    guard isAnswered, let answer = controlAnswers[id] else { throw noAnswer() }
    do throws(ControlError) {
      switch answer {
      case .result(_, let result): return try M.Result(cbor: result)
      case .failure(_, let error): throw error
      default: throw ControlError(.internal, "the node's answer is none")
      }
    } catch { throw LibraryError(error) }
  }

  // MARK: serving

  /// `mesh_serve`.
  func serve(_ name: UnsafePointer<CChar>?, _ options: UnsafePointer<mesh_serve_options>?) -> Int32 {
    var given = mesh_serve_options()
    mesh_serve_options_default(&given)
    if let options {
      var code: Int32 = 0
      let known = MemoryLayout<mesh_serve_options>.size
      guard OptionStruct.check(options, size: options.pointee.size, known: known, code: &code) else { return code }
      given = options.pointee
    }
    let all = UInt32(MESH_SERVE_MESSAGES) | UInt32(MESH_SERVE_STREAMS) | UInt32(MESH_SERVE_REQUESTS)
    guard given.flags & ~all == 0 else { return refuse(.flag, "a flag of the options is unknown") }
    guard given.flags != 0 else { return refuse(.invalid, "nothing is to be served: set one of MESH_SERVE_*") }
    var command = application_command()
    command.kind = APP_SERVE
    command.flags = given.flags
    command.token = given.token
    command.value = given.window == 0 ? 4096 : given.window
    return serving(command, name)
  }

  /// `mesh_unserve`.
  func unserve(_ name: UnsafePointer<CChar>?) -> Int32 {
    var command = application_command()
    command.kind = APP_UNSERVE
    return serving(command, name)
  }

  private func serving(_ command: application_command, _ name: UnsafePointer<CChar>?) -> Int32 {
    var command = command
    do throws(LibraryError) { command.protocol = try protocolNumber(name) } catch { return error.tell() }
    guard write(command) else { return refuse(.noMemory, "there is no memory") }
    let deadline = MonotonicClock.read() &+ callTimeout
    guard work(until: deadline, { !serveAnswers.isEmpty }) else {
      // Answers come in order: the late one is nobody's.
      serveAnswersDropped += 1
      return noAnswer().tell()
    }
    let code = serveAnswers.removeFirst()
    guard code != MESH_OK else { return code }
    let error = ErrorCode(rawValue: code) ?? .internal
    return refuse(code, "'\(name.map { String(cString: $0) } ?? "")': \(error.meaning)")
  }

  // MARK: peers

  /// `mesh_peer_find`.
  func findPeer(_ name: UnsafePointer<CChar>?, _ peer: UnsafeMutablePointer<UInt64>) throws(LibraryError) {
    let word = try text(name, "name", limit: 256)
    if let known = peersByWord[word] {
      peer.pointee = known
      return
    }
    let found = try call(PeerInfoMethod.self, PeerWord(peer: word))
    let number = home.peerNumber(found.number, found.id)
    peers[number] = found.id
    peersByWord[word] = number
    peer.pointee = number
  }

  /// A text of the application's.
  func text(_ pointer: UnsafePointer<CChar>?, _ argument: StaticString, limit: Int) throws(LibraryError) -> String {
    guard let pointer else { throw LibraryError(.invalid, "'\(argument)' is NULL") }
    let length = strnlen(pointer, limit + 1)
    guard length > 0, length <= limit else {
      throw LibraryError(.invalid, "'\(argument)' has 1 to \(limit) bytes")
    }
    guard let text = String(validating: UnsafeRawBufferPointer(start: pointer, count: length), as: UTF8.self) else {
      throw LibraryError(.invalid, "'\(argument)' is not UTF-8")
    }
    return text
  }

  /// The printed name of a peer.
  func name(of peer: UInt64) throws(LibraryError) -> String {
    try check(peer: peer)
    guard let bytes = peers[peer], let id = NodeID(bytes: bytes) else {
      throw LibraryError(.stale, "no peer has the number \(peer)")
    }
    return id.name
  }

  /// `mesh_peer_info_get`; all but the size of the information is 0.
  func peerInfo(_ peer: UInt64, _ info: UnsafeMutablePointer<mesh_peer_info>) throws(LibraryError) {
    let name = try name(of: peer)
    let found = try call(PeerInfoMethod.self, PeerWord(peer: name))
    info.pointee.connected = found.links > 0 ? 1 : 0
    withUnsafeMutableBytes(of: &info.pointee.id) { $0.copyBytes(from: found.id.prefix(32)) }
    withUnsafeMutableBytes(of: &info.pointee.name) { copy(name, to: $0) }
    withUnsafeMutableBytes(of: &info.pointee.alias) { copy(found.alias ?? "", to: $0) }
    withUnsafeMutableBytes(of: &info.pointee.transport) { copy(found.transport ?? "", to: $0) }
    info.pointee.rtt_us = (found.roundTrip ?? 0) / 1000
    info.pointee.links = found.links
    info.pointee.bytes_sent = found.bytesSent
    info.pointee.bytes_received = found.bytesReceived
  }

  /// As much of a text as fits with its NUL, cut between characters.
  private func copy(_ text: String, to target: UnsafeMutableRawBufferPointer) {
    var bytes = Array(text.utf8)
    if bytes.count >= target.count {
      bytes.removeLast(bytes.count - target.count + 1)
      while !bytes.isEmpty, String(validating: bytes, as: UTF8.self) == nil { bytes.removeLast() }
    }
    target.copyBytes(from: bytes)
    target[bytes.count] = 0
  }

  /// `mesh_peers`.
  func listPeers(_ target: UnsafeMutablePointer<UInt64>?, _ n: UInt32, _ total: UnsafeMutablePointer<UInt32>?)
    throws(LibraryError) -> Int32
  {
    guard target != nil || n == 0 else { throw LibraryError(.invalid, "'peers' is NULL although 'n' is not 0") }
    let found = try call(PeerNumbersMethod.self, Nothing()).peers
    for (index, peer) in found.enumerated() {
      let number = home.peerNumber(peer.number, peer.id)
      peers[number] = peer.id
      if index < n { target?[index] = number }
    }
    total?.pointee = UInt32(clamping: found.count)
    return Int32(clamping: min(found.count, Int(n)))
  }

  /// `mesh_connect`.
  func connect(_ peer: UInt64) -> Int32 {
    do throws(LibraryError) { try check(peer: peer) } catch { return error.tell() }
    var command = application_command()
    command.kind = APP_CONNECT
    command.peer = peer
    return write(command) ? MESH_OK : refuse(.noMemory, "there is no memory")
  }

  /// `mesh_hint`.
  func hint(_ hint: UInt32, _ value: UInt64) -> Int32 {
    switch hint {
    case UInt32(MESH_HINT_BATTERY) where value > 101: return refuse(.invalid, "a battery has 0 to 100 percent, or 101")
    case UInt32(MESH_HINT_METERED) where value > 1: return refuse(.invalid, "this hint is 0 or 1")
    case UInt32(MESH_HINT_NETWORK) where value != 0: return refuse(.invalid, "the value of this hint is 0")
    case UInt32(MESH_HINT_BATTERY), UInt32(MESH_HINT_METERED), UInt32(MESH_HINT_NETWORK): break
    default: return MESH_OK
    }
    var command = application_command()
    command.kind = APP_HINT
    command.id = UInt64(hint)
    command.value = value
    return write(command) ? MESH_OK : refuse(.noMemory, "there is no memory")
  }

  /// Writes a text where the application wants it: the rule of `mesh_why`.
  func give(
    _ text: String, _ target: UnsafeMutablePointer<CChar>?, _ size: Int, _ needed: UnsafeMutablePointer<Int>?
  ) throws(LibraryError) {
    let count = text.utf8.count
    needed?.pointee = count + 1
    let room = UInt(bitPattern: size)
    guard room > UInt(count), let target else {
      throw LibraryError(.limit, "the text has \(count + 1) bytes with its NUL, and there is room for \(room)")
    }
    var text = text
    text.withUTF8 { if let bytes = $0.baseAddress { memcpy(target, bytes, count) } }
    target[count] = 0
  }
}
