// SPDX-License-Identifier: Apache-2.0
import CApplication
import CMeshABI
import Glibc
import MeshApplication
import MeshEventLoop

extension DaemonHome {
  /// Marks numbers that a daemon gives with the attachment that they belong to.
  var tag: UInt64 { (epoch & 0xfff) << 48 }
  static let nodeBit: UInt64 = 1 << 62
  static let tagMask: UInt64 = 0xfff << 48

  /// Writes the replay and then the queue, as much as the socket takes.
  func flush() {
    guard descriptor >= 0, !isOutputBlocked else { return }
    while replayed < replay.count {
      let count = replay.withUnsafeBytes { write(UnsafeRawBufferPointer(rebasing: $0[replayed...])) }
      guard count > 0 else { return }
      replayed += count
    }
    if !replay.isEmpty {
      replay = []
      replayed = 0
    }
    guard case .attached = phase else { return }
    while descriptor >= 0 {
      let bytes = commands.readable()
      guard !bytes.isEmpty else { return }
      if marked == 0 { mark(bytes) }
      guard marked > 0 else { continue }
      let count = write(UnsafeRawBufferPointer(rebasing: bytes[headWritten..<marked]))
      guard count > 0 else { return }
      headWritten += count
      if headWritten == marked {
        commands.advance(marked)
        commands.giveBack()
        marked = 0
        headWritten = 0
      }
    }
  }

  private func write(_ bytes: UnsafeRawBufferPointer) -> Int {
    while true {
      let count = send(descriptor, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL | MSG_DONTWAIT))
      if count > 0 { return count }
      if count < 0, errno == EINTR { continue }
      if count < 0, errno == EAGAIN { isOutputBlocked = true } else { lose() }
      return 0
    }
  }

  /// Marks records up to the first that is not for this daemon; one at the start is taken off the queue.
  private func mark(_ bytes: UnsafeRawBufferPointer) {
    var offset = 0
    while offset < bytes.count {
      let record = UnsafeMutableRawPointer(mutating: bytes.baseAddress! + offset)
      var header = record.load(as: application_command.self)
      let length = Self.length(header)
      guard isForDaemon(header) else {
        if offset == 0 {
          drop(header)
          commands.advance(length)
          commands.giveBack()
        }
        break
      }
      pass(&header, UnsafeRawBufferPointer(start: record, count: length))
      record.storeBytes(of: header, as: application_command.self)
      offset += length
    }
    marked = offset
  }

  static func length(_ header: application_command) -> Int {
    (64 + (header.flags & APP_FLAG_KEY != 0 ? 16 : 0) + Int(header.meta_len) + Int(header.len) + 7) & ~7
  }

  static func cost(_ header: application_command) -> UInt64 {
    UInt64(64 + (header.flags & APP_FLAG_KEY != 0 ? 16 : 0)) + UInt64(header.meta_len) + UInt64(header.len)
  }

  /// Whether what a command is about is known to this daemon.
  private func isForDaemon(_ header: application_command) -> Bool {
    switch header.kind {
    case APP_FLOW, APP_CONNECT, APP_STREAM_OPEN, APP_REQUEST: node(header.peer) != nil
    case APP_SEND: number(ofFlow: header.value) != nil
    case APP_CANCEL: header.id > declared.lastOfOthers || isKept(header)
    case APP_RELEASE, APP_STREAM_DATA, APP_STREAM_FINISH, APP_STREAM_RESET, APP_REPLY, APP_REFUSE:
      isOfThisAttachment(header.id)
    default: true
    }
  }

  private func isKept(_ cancel: application_command) -> Bool {
    retained.contains(cancel.id)
      || (cancel.value < UInt64(declared.flows.count)
        && declared.flows[Int(cancel.value)].retained.contains(cancel.id))
  }

  private func isOfThisAttachment(_ id: UInt64) -> Bool {
    id & Self.nodeBit != 0 ? id & Self.tagMask == tag : id > declared.lastOfOthers
  }

  /// The daemon's number for a flow.
  @inline(__always)
  private func number(ofFlow index: UInt64) -> UInt64? {
    index < UInt64(declared.flows.count) ? declared.flows[Int(index)].number : nil
  }

  /// The daemon's number for a peer.
  func node(_ peer: UInt64) -> UInt64? { epoch == 0 ? peer : numbers.toNode(peer) }

  /// Keeps account of a command and turns its numbers into the daemon's.
  private func pass(_ header: inout application_command, _ record: UnsafeRawBufferPointer) {
    switch header.kind {
    case APP_SEND: passMessage(&header, record)
    case APP_PROTOCOL: declared.protocols[header.protocol] = Array(record)
    case APP_FLOW:
      declared.flows.append(DeclaredState.Flow(command: header, number: nil))
      declareFlow(&header, declared.flows.count - 1)
    case APP_SERVE:
      declared.served[header.protocol] = header
      declared.owe(header.protocol, isAwaited: true)
    case APP_UNSERVE:
      declared.served[header.protocol] = nil
      declared.owe(header.protocol, isAwaited: true)
    case APP_SUBSCRIBE: declared.subscription = header
    case APP_CANCEL: if let number = number(ofFlow: header.value) { header.value = number }
    case APP_STREAM_OPEN, APP_REQUEST:
      declared.last = max(declared.last, header.id)
      if header.kind == APP_REQUEST, header.flags & APP_FLAG_IDEMPOTENT != 0 {
        retained.insert(header.id, record, deadline: deadline(header))
      }
      header.peer = node(header.peer) ?? 0
    case APP_CONNECT: header.peer = node(header.peer) ?? 0
    case APP_RELEASE:
      header.id &= ~Self.tagMask
      if header.len > 0 { passReleases(record) }
    case APP_STREAM_DATA, APP_STREAM_FINISH, APP_STREAM_RESET, APP_REPLY, APP_REFUSE:
      if header.id & Self.nodeBit != 0 { header.id &= ~Self.tagMask }
    default: break
    }
  }

  private func passMessage(_ header: inout application_command, _ record: UnsafeRawBufferPointer) {
    let index = Int(header.value)
    declared.flows[index].sent &+= Self.cost(header)
    if header.flags & APP_FLAG_UNRELIABLE == 0 {
      declared.flows[index].retained.append(
        header.id, record, isTold: header.flags & APP_FLAG_TELL_SETTLED != 0, deadline: deadline(header))
      header.flags |= APP_FLAG_KEPT
    }
    header.value = declared.flows[index].number ?? 0
  }

  /// All of a release are of this attachment.
  private func passReleases(_ record: UnsafeRawBufferPointer) {
    var at = 64
    let bytes = UnsafeMutableRawBufferPointer(mutating: record)
    while at + 8 <= bytes.count {
      bytes.storeBytes(
        of: bytes.load(fromByteOffset: at, as: UInt64.self) & ~Self.tagMask, toByteOffset: at, as: UInt64.self)
      at += 8
    }
  }

  private func deadline(_ header: application_command) -> UInt64 {
    let limit = UInt64.max / 4_000_000
    return header.lifetime_ms == 0 ? 0 : MonotonicClock.read() &+ min(header.lifetime_ms, limit) &* 1_000_000
  }

  /// Gives a flow the daemon's next number.
  func declareFlow(_ header: inout application_command, _ index: Int) {
    declared.flows[index].number = UInt64(declared.flowsByNumber.count)
    header.id = UInt64(declared.flowsByNumber.count)
    header.peer = node(header.peer) ?? 0
    declared.flowsByNumber.append(index)
  }

  /// Tells the application the end of what the daemon cannot do, because it does not know the peer.
  private func drop(_ header: application_command) {
    switch header.kind {
    case APP_FLOW: declared.flows.append(DeclaredState.Flow(command: header, number: nil))
    case APP_SEND:
      let index = Int(header.value)
      declared.flows[index].sent &+= Self.cost(header)
      declared.flows[index].base = declared.flows[index].sent
      tell(APP_ON_CREDIT, id: header.value, value: declared.flows[index].sent)
      tell(UInt32(MESH_ON_SETTLED), code: MESH_E_NOTFOUND, id: header.id, token: header.token)
    case APP_STREAM_OPEN:
      tell(UInt32(MESH_ON_STREAM_END), code: MESH_E_NOTFOUND, id: header.id, token: header.token)
    case APP_REQUEST:
      tell(UInt32(MESH_ON_REQUEST_END), code: MESH_E_NOTFOUND, id: header.id, token: header.token)
    default: break
    }
  }

  /// An event of the home's own. There is nobody who would tell it again: it does not wait for room.
  func tell(_ kind: UInt32, code: Int32 = MESH_OK, id: UInt64, token: UInt64 = 0, value: UInt64 = 0) {
    var event = application_event()
    event.kind = kind
    event.code = code
    event.id = id
    event.token = token
    event.value = value
    _ = writer.appendEnd(event)
  }
}
