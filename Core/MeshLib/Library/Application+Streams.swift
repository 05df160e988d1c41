// SPDX-License-Identifier: Apache-2.0
import CApplication
import CMeshABI
import MeshControl
import Synchronization

/// A stream, as far as the application's side of it goes.
struct StreamState {
  var token: UInt64
  /// The application opened it.
  var isOwn: Bool
  /// Cost of the data that was written, and that the peer has taken.
  var sent: UInt64 = 0
  var taken: UInt64 = 0
  var isFinished = false
  var isEndedByPeer = false
  /// The peer reads no more.
  var isStopped = false
  var isRoomWanted = false
}

extension Application {
  /// Data of one record.
  static let streamChunk = RecordSegment.largeRecord - 64

  /// `mesh_stream_open`.
  func openStream(
    _ peer: UInt64, _ name: UnsafePointer<CChar>?, _ options: UnsafePointer<mesh_send_options>?,
    _ stream: UnsafeMutablePointer<UInt64>
  ) -> Int32 {
    var code: Int32 = 0
    guard
      let options = SendOptions.of(
        options, allowed: 0, trafficClass: UInt32(MESH_TCLASS_NORMAL), metadata: true, code: &code)
    else { return code }
    var command = application_command()
    command.kind = APP_STREAM_OPEN
    command.token = options.token
    command.peer = peer
    command.tclass = UInt8(truncatingIfNeeded: options.trafficClass)
    do throws(LibraryError) {
      try check(peer: peer)
      command.protocol = try protocolNumber(name)
    } catch { return error.tell() }
    takeNotices()
    guard streams.lazy.filter({ $0.value.isOwn }).count < Int(APP_STREAMS) else {
      return refuse(.limit, "4,096 streams are open")
    }
    guard commands.pending < Self.commandLimit else {
      writer.isRoomWanted.store(true, ordering: .sequentiallyConsistent)
      waitForCommands(peer: peer)
      return refuse(.again, "the node has not read what was sent before; MESH_ON_ROOM says when there is room")
    }
    command.id = nextID()
    let body = CommandBody(metadata: options.metadata, metadataCount: options.metadataCount)
    guard write(command, nil, body) else { return refuse(.noMemory, "there is no memory") }
    streams[command.id] = StreamState(token: options.token, isOwn: true)
    stream.pointee = command.id
    return MESH_OK
  }

  /// `mesh_stream_write`.
  func writeStream(_ id: UInt64, _ slices: UnsafePointer<mesh_slice>?, _ n: UInt32) -> Int32 {
    var code: Int32 = 0
    guard var body = CommandBody.of(slices, n, limit: Int(Int32.max), code: &code) else { return code }
    takeNotices()
    guard let state = streams[id] else { return unknownStream(id) }
    guard !state.isFinished, !state.isStopped else {
      return refuse(.closed, "our side of the stream has ended, or the peer reads no more")
    }
    guard body.count > 0 else { return 0 }
    var room = streamRoom(id)
    if room <= 64 {
      writer.isRoomWanted.store(true, ordering: .sequentiallyConsistent)
      takeNotices()
      room = streamRoom(id)
      guard room > 64 else {
        streams[id]?.isRoomWanted = true
        return refuse(.again, "the peer has not taken what was written before; MESH_ON_ROOM says when it has")
      }
    }
    let wanted = body.count
    var done = 0
    while done < wanted, room > 64 {
      body.count = min(wanted - done, Self.streamChunk, room - 64)
      body.skip = done
      var command = application_command()
      command.kind = APP_STREAM_DATA
      command.id = id
      guard write(command, nil, body) else { break }
      done += body.count
      room -= 64 + body.count
      streams[id]?.sent &+= UInt64(64 + body.count)
    }
    return done > 0 ? Int32(done) : refuse(.noMemory, "there is no memory")
  }

  /// Cost that a stream may still write.
  private func streamRoom(_ id: UInt64) -> Int {
    guard let state = streams[id], commands.pending < Self.commandLimit else { return 0 }
    let under = Int(truncatingIfNeeded: state.sent &- state.taken)
    return max(0, Int(APP_WINDOW) - under)
  }

  func creditStream(_ id: UInt64, _ value: UInt64) {
    guard var state = streams[id] else { return }
    state.taken = max(state.taken, value)
    let isTold = state.isRoomWanted && state.sent &- state.taken <= UInt64(APP_WINDOW) / 2
    if isTold { state.isRoomWanted = false }
    streams[id] = state
    if isTold { add(UInt32(MESH_ON_ROOM), id: id, token: state.token) }
  }

  /// `mesh_stream_finish`.
  func finishStream(_ id: UInt64) -> Int32 {
    takeNotices()
    guard let state = streams[id] else { return unknownStream(id) }
    guard !state.isFinished else { return refuse(.closed, "our side of the stream has ended before") }
    var command = application_command()
    command.kind = APP_STREAM_FINISH
    command.id = id
    guard write(command) else { return refuse(.noMemory, "there is no memory") }
    if state.isEndedByPeer { streams[id] = nil } else { streams[id]?.isFinished = true }
    return MESH_OK
  }

  /// `mesh_stream_reset`.
  func resetStream(_ id: UInt64, _ code: UInt64) -> Int32 {
    guard code < 1 << 60 else { return refuse(.invalid, "the number for the peer is below 2^60") }
    guard streams[id] != nil else { return unknownStream(id) }
    var command = application_command()
    command.kind = APP_STREAM_RESET
    command.id = id
    command.value = code
    guard write(command) else { return refuse(.noMemory, "there is no memory") }
    streams[id] = nil
    return MESH_OK
  }

  /// The peer's side has ended; with an error, both have.
  func endedByPeer(stream id: UInt64, code: Int32) {
    guard let state = streams[id] else { return }
    if state.isFinished || code != MESH_OK { streams[id] = nil } else { streams[id]?.isEndedByPeer = true }
  }

  private func unknownStream(_ id: UInt64) -> Int32 {
    id == 0 ? refuse(.invalid, "the stream is 0") : refuse(.stale, "no stream is open with this number")
  }
}
