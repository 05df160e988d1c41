// SPDX-License-Identifier: Apache-2.0
import CApplication
import CMeshABI
import MeshControl
import Synchronization

extension Application {
  /// Reads what the node tells the library: credit, answers, names of peers.
  @inline(__always)
  func takeNotices() {
    if !notices.isEmpty { readNotices() }
    if !waitingForCommands.isEmpty { commandsRead() }
  }

  @inline(never)
  private func readNotices() {
    while true {
      let bytes = notices.readable()
      guard let start = bytes.baseAddress else { break }
      var offset = 0
      while offset < bytes.count {
        let header = (start + offset).load(as: application_event.self)
        let data = UnsafeRawBufferPointer(start: start + (offset + 64 + Int(header.meta_len)), count: Int(header.len))
        take(header, data)
        offset += recordLength(meta: Int(header.meta_len), data: Int(header.len))
      }
      notices.advance(offset)
      notices.giveBack()
    }
    updateRoomWanted()
  }

  private func take(_ header: application_event, _ data: UnsafeRawBufferPointer) {
    switch header.kind {
    case APP_ON_CREDIT: credit(header.id, header.value)
    case APP_ON_PEER_NAME: peers[header.peer] = Array(data)
    case APP_ON_ANSWER:
      if serveAnswersDropped > 0 { serveAnswersDropped -= 1 } else { serveAnswers.append(header.code) }
    case APP_ON_CONTROL: takeControl(data)
    default: break
    }
  }

  private func credit(_ id: UInt64, _ value: UInt64) {
    if id < UInt64(flows.count) {
      let index = Int(id)
      flows[index].confirmed = max(flows[index].confirmed, value)
      let unconfirmed = flows[index].sent &- flows[index].confirmed
      if flows[index].isRoomWanted, unconfirmed <= UInt64(APP_WINDOW) / 2 {
        flows[index].isRoomWanted = false
        add(UInt32(MESH_ON_ROOM), peer: flows[index].peer)
      }
    } else if streams[id] != nil {
      creditStream(id, value)
    } else if let state = asked[id] {
      asked[id]?.taken = max(state.taken, value)
      if state.isRoomWanted, state.sent &- max(state.taken, value) <= UInt64(APP_WINDOW) / 2 {
        asked[id]?.isRoomWanted = false
        add(UInt32(MESH_ON_ROOM), id: id, token: state.token)
      }
    }
  }

  private func takeControl(_ data: UnsafeRawBufferPointer) {
    controlCodec.append(data)
    do throws(ControlError) {
      while let message = try controlCodec.next() {
        switch message {
        case .result, .failure: if controlAnswers[message.id] != nil { controlAnswers[message.id] = message }
        default: break
        }
      }
    } catch {
      controlCodec = ControlCodec()
    }
  }

  /// The node has read enough of the commands: those who were told to wait hear of it.
  @inline(never)
  private func commandsRead() {
    guard commands.pending < Self.commandLimit / 2 else { return }
    let waiting = waitingForCommands
    waitingForCommands = []
    for entry in waiting { add(UInt32(MESH_ON_ROOM), id: entry.id, token: entry.token, peer: entry.peer) }
    updateRoomWanted()
  }

  /// The mark stays while anybody waits for room.
  private func updateRoomWanted() {
    guard writer.isRoomWanted.load(ordering: .relaxed) else { return }
    var isWanted = !waitingForCommands.isEmpty || !peersWithoutRoom.isEmpty
    for index in 0..<flows.count where flows[index].isRoomWanted { isWanted = true }
    isWanted = isWanted || streams.values.contains { $0.isRoomWanted } || asked.values.contains { $0.isRoomWanted }
    if !isWanted { writer.isRoomWanted.store(false, ordering: .sequentiallyConsistent) }
  }
}
