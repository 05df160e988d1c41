// SPDX-License-Identifier: Apache-2.0
import CApplication
import CMeshABI
import Glibc
import MeshControl
import Synchronization

/// A request of this application that has not ended.
struct RequestState {
  let peer: UInt64
  let cost: UInt64
  let token: UInt64
  let isIdempotent: Bool
}

/// A request of another that this application is to answer.
struct AskedState {
  let token: UInt64
  /// Cost of the replies that were given, and that the asker has taken.
  var sent: UInt64 = 0
  var taken: UInt64 = 0
  var isRoomWanted = false
}

extension Application {
  static let requestFlags = UInt32(MESH_SEND_IDEMPOTENT)
  private static let defaultDeadline: UInt64 = 30_000
  private static let sentenceLimit = 512

  /// `mesh_request`.
  func request(
    peer: UInt64, protocol name: UnsafePointer<CChar>?, slices: UnsafePointer<mesh_slice>?, n: UInt32,
    options: UnsafePointer<mesh_send_options>?, request: UnsafeMutablePointer<UInt64>?
  ) -> Int32 {
    var code: Int32 = 0
    guard
      let options = SendOptions.of(
        options, allowed: Self.requestFlags, trafficClass: UInt32(MESH_TCLASS_INTERACTIVE), metadata: true,
        code: &code),
      let body = CommandBody.of(slices, n, limit: Int(MESH_MESSAGE_MAX), code: &code)
    else { return code }
    var command = application_command()
    command.kind = APP_REQUEST
    command.flags = options.flags
    command.token = options.token
    command.peer = peer
    command.tclass = UInt8(truncatingIfNeeded: options.trafficClass)
    command.lifetime_ms = options.lifetime == 0 ? Self.defaultDeadline : options.lifetime
    do throws(LibraryError) {
      try check(peer: peer)
      command.protocol = try protocolNumber(name)
    } catch { return error.tell() }
    let key = options.flags & UInt32(MESH_SEND_IDEMPOTENT) != 0 ? options.key ?? ownKey() : options.key
    var whole = body
    whole.metadata = options.metadata
    whole.metadataCount = options.metadataCount
    let cost = UInt64(64 + (key == nil ? 0 : 16) + whole.metadataCount + whole.count)
    guard hasRequestRoom(cost) || (wantRoom() && hasRequestRoom(cost)) else {
      if !peersWithoutRoom.contains(peer) { peersWithoutRoom.append(peer) }
      return refuse(.again, "as many requests are under way as may be; MESH_ON_ROOM says when there is room")
    }
    command.id = nextID()
    guard write(command, key, whole) else { return refuse(.noMemory, "there is no memory") }
    requests[command.id] = RequestState(
      peer: peer, cost: cost, token: options.token,
      isIdempotent: options.flags & UInt32(MESH_SEND_IDEMPOTENT) != 0)
    requestCost += cost
    request?.pointee = command.id
    return MESH_OK
  }

  private func hasRequestRoom(_ cost: UInt64) -> Bool {
    requests.isEmpty
      || (requests.count < Int(APP_REQUESTS) && requestCost + cost <= UInt64(APP_WINDOW)
        && commands.pending < Self.commandLimit)
  }

  /// Room is wanted, and what has come meanwhile is looked at.
  private func wantRoom() -> Bool {
    writer.isRoomWanted.store(true, ordering: .sequentiallyConsistent)
    workMeanwhile()
    takeNotices()
    return true
  }

  /// A request has ended: those who found no room hear of it.
  func ended(request id: UInt64) {
    guard let state = requests.removeValue(forKey: id) else { return }
    requestCost -= state.cost
    guard !peersWithoutRoom.isEmpty, requestCost <= UInt64(APP_WINDOW) / 2, requests.count <= Int(APP_REQUESTS) / 2
    else { return }
    for peer in peersWithoutRoom { add(UInt32(MESH_ON_ROOM), peer: peer) }
    peersWithoutRoom = []
  }

  /// `mesh_reply`.
  func reply(_ id: UInt64, _ slices: UnsafePointer<mesh_slice>?, _ n: UInt32, _ flags: UInt32) -> Int32 {
    guard flags & ~UInt32(MESH_REPLY_MORE) == 0 else { return refuse(.flag, "a flag of the reply is unknown") }
    var code: Int32 = 0
    guard let body = CommandBody.of(slices, n, limit: Int(MESH_MESSAGE_MAX), code: &code) else { return code }
    guard asked[id] != nil else { return unknownRequest(id) }
    let cost = UInt64(64 + body.count)
    guard hasReplyRoom(id, cost) || (wantRoom() && hasReplyRoom(id, cost)) else {
      asked[id]?.isRoomWanted = true
      return refuse(.again, "the asker has not taken the replies before; MESH_ON_ROOM says when it has")
    }
    var command = application_command()
    command.kind = APP_REPLY
    command.id = id
    let isMore = flags & UInt32(MESH_REPLY_MORE) != 0
    if isMore { command.flags = APP_FLAG_MORE }
    guard write(command, nil, body) else { return refuse(.noMemory, "there is no memory") }
    if isMore { asked[id]?.sent += cost } else { asked[id] = nil }
    return MESH_OK
  }

  private func hasReplyRoom(_ id: UInt64, _ cost: UInt64) -> Bool {
    guard let state = asked[id] else { return false }
    let under = state.sent &- state.taken
    return (under == 0 || under + cost <= UInt64(APP_WINDOW)) && commands.pending < Self.commandLimit
  }

  /// `mesh_refuse`.
  func refuseRequest(_ id: UInt64, _ number: UInt64, _ sentence: UnsafePointer<CChar>?) -> Int32 {
    guard number < 1 << 60 else { return refuse(.invalid, "the number for the asker is below 2^60") }
    var text: [UInt8] = []
    if let sentence {
      let length = strnlen(sentence, Self.sentenceLimit + 1)
      guard length <= Self.sentenceLimit else { return refuse(.invalid, "the sentence has at most 512 bytes") }
      text = Array(UnsafeRawBufferPointer(start: sentence, count: length))
    }
    guard asked[id] != nil else { return unknownRequest(id) }
    var command = application_command()
    command.kind = APP_REFUSE
    command.id = id
    command.value = number
    guard write(command, text: text) else { return refuse(.noMemory, "there is no memory") }
    asked[id] = nil
    return MESH_OK
  }

  private func unknownRequest(_ id: UInt64) -> Int32 {
    id == 0
      ? refuse(.invalid, "the request is 0")
      : refuse(.stale, "no request with this number waits for an answer: it was answered, cancelled or too late")
  }
}
