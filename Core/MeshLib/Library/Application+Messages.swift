// SPDX-License-Identifier: Apache-2.0
import CApplication
import CMeshABI
import MeshControl
import Synchronization

extension Application {
  static let messageFlags: UInt32 =
    UInt32(MESH_SEND_UNRELIABLE) | UInt32(MESH_SEND_UNORDERED) | UInt32(MESH_SEND_TELL_SENT)
    | UInt32(MESH_SEND_TELL_SETTLED) | UInt32(MESH_SEND_TELL_STORED)

  /// `mesh_send`.
  @inline(__always)
  func send(
    peer: UInt64, protocol name: UnsafePointer<CChar>?, slices: UnsafePointer<mesh_slice>?, n: UInt32,
    options: UnsafePointer<mesh_send_options>?, message: UnsafeMutablePointer<UInt64>?
  ) -> Int32 {
    var code: Int32 = 0
    guard
      var options = SendOptions.of(
        options, allowed: Self.messageFlags, trafficClass: UInt32(MESH_TCLASS_NORMAL), metadata: false, code: &code),
      let body = CommandBody.of(slices, n, limit: Int(MESH_MESSAGE_MAX), code: &code)
    else { return code }
    let flow: Int
    do throws(LibraryError) { flow = try self.flow(peer, name, options) } catch { return error.tell() }
    if options.flags & UInt32(MESH_SEND_UNRELIABLE) != 0, body.count > Int(MESH_DATAGRAM_MAX) {
      return refuse(.limit, "an unreliable message has at most 60,000 bytes")
    }
    if options.key == nil, options.flags & UInt32(MESH_SEND_UNRELIABLE) == 0 { options.key = ownKey() }
    let cost = UInt64(64 + (options.key == nil ? 0 : 16) + body.count)
    guard flows[flow].sent &- flows[flow].confirmed &+ cost <= UInt64(APP_WINDOW), commands.pending < Self.commandLimit
    else {
      guard makeRoom(flow, cost) else { return noRoom(flow) }
      return send(flow, options, body, cost, message)
    }
    return send(flow, options, body, cost, message)
  }

  @inline(__always)
  private func send(
    _ flow: Int, _ options: SendOptions, _ body: CommandBody, _ cost: UInt64, _ message: UnsafeMutablePointer<UInt64>?
  ) -> Int32 {
    var command = header(flow, options)
    command.id = nextID()
    guard write(command, options.key, body) else { return refuse(.noMemory, "there is no memory") }
    accepted(command, flow, cost, message)
    return MESH_OK
  }

  /// The header of a message; the flags of mesh.h are those of the record.
  @inline(__always)
  func header(_ flow: Int, _ options: SendOptions) -> application_command {
    var command = application_command()
    command.kind = APP_SEND
    command.flags = options.flags
    command.value = UInt64(truncatingIfNeeded: flow)
    command.token = options.token
    command.lifetime_ms = options.lifetime
    return command
  }

  @inline(__always)
  func accepted(_ command: application_command, _ flow: Int, _ cost: UInt64, _ message: UnsafeMutablePointer<UInt64>?) {
    flows[flow].sent &+= cost
    // What is unreliable is not followed: nothing would ever take it out.
    if command.flags & (APP_FLAG_TELL_SENT | APP_FLAG_TELL_SETTLED) != 0, command.flags & APP_FLAG_UNRELIABLE == 0 {
      told[command.id] = (command.value, false, command.flags & APP_FLAG_TELL_SETTLED != 0)
    }
    message?.pointee = command.id
  }

  /// The flow for a message, which the node learns of when it is new.
  @inline(__always)
  func flow(_ peer: UInt64, _ name: UnsafePointer<CChar>?, _ options: SendOptions) throws(LibraryError) -> Int {
    let number = try protocolNumber(name)
    let kind = options.trafficClass | (options.flags & UInt32(MESH_SEND_UNORDERED) != 0 ? 256 : 0)
    if let known = flows.find(peer, number, kind) { return known }
    return try declare(peer, number, kind)
  }

  @inline(never)
  private func declare(_ peer: UInt64, _ number: UInt32, _ kind: UInt32) throws(LibraryError) -> Int {
    try check(peer: peer)
    guard flows.count < Int(APP_FLOWS) else {
      throw LibraryError(.limit, "a handle sends messages to at most \(APP_FLOWS) peers, protocols and classes")
    }
    var command = application_command()
    command.kind = APP_FLOW
    command.id = UInt64(flows.count)
    command.peer = peer
    command.protocol = number
    command.tclass = UInt8(truncatingIfNeeded: kind)
    if kind & 256 != 0 { command.flags = APP_FLAG_UNORDERED }
    guard write(command) else { throw .noMemory }
    return flows.add(FlowState(peer: peer, protocolNumber: number, kind: kind))
  }

  /// Whether this is a number that the node has given to a peer.
  func check(peer: UInt64) throws(LibraryError) {
    guard peer != 0 else { throw LibraryError(.invalid, "the peer is 0") }
    if peers[peer] != nil { return }
    takeNotices()
    guard peers[peer] != nil else { throw LibraryError(.stale, "no peer has the number \(peer)") }
  }

  /// Looks for credit that has come meanwhile.
  @inline(never)
  func makeRoom(_ flow: Int, _ cost: UInt64) -> Bool {
    // Whoever finds no room is told of it later: the mark is set before the look.
    writer.isRoomWanted.store(true, ordering: .sequentiallyConsistent)
    workMeanwhile()
    takeNotices()
    let unconfirmed = flows[flow].sent &- flows[flow].confirmed
    return (unconfirmed == 0 || unconfirmed &+ cost <= UInt64(APP_WINDOW)) && commands.pending < Self.commandLimit
  }

  func noRoom(_ flow: Int) -> Int32 {
    if commands.pending >= Self.commandLimit {
      waitForCommands(peer: flows[flow].peer)
    } else {
      flows[flow].isRoomWanted = true
    }
    return refuse(.again, "as much is under way as the peer takes; MESH_ON_ROOM says when there is room")
  }

  /// The application is told of room for this peer or stream when the node has read the commands.
  func waitForCommands(id: UInt64 = 0, peer: UInt64, token: UInt64 = 0) {
    guard !waitingForCommands.contains(where: { $0.id == id && $0.peer == peer }) else { return }
    waitingForCommands.append((id, peer, token))
  }

  /// `mesh_cancel`.
  func cancel(_ id: UInt64) -> Int32 {
    guard id != 0 else { return refuse(.invalid, "the number is 0") }
    takeNotices()
    var command = application_command()
    command.kind = APP_CANCEL
    command.id = id
    if requests[id] == nil {
      guard let state = told[id] else {
        return refuse(.stale, "no request, and no message whose fate is told, is under way with this number")
      }
      guard !state.hasLeft else { return refuse(.state, "the message has left") }
      command.value = state.flow
    }
    return write(command) ? MESH_OK : refuse(.noMemory, "there is no memory")
  }

  /// `mesh_broadcast`.
  func broadcast(
    _ name: UnsafePointer<CChar>?, _ slices: UnsafePointer<mesh_slice>?, _ n: UInt32,
    _ options: UnsafePointer<mesh_send_options>?
  ) -> Int32 {
    var code: Int32 = 0
    guard
      let options = SendOptions.of(
        options, allowed: UInt32(MESH_SEND_UNRELIABLE) | UInt32(MESH_SEND_UNORDERED),
        trafficClass: UInt32(MESH_TCLASS_NORMAL), metadata: false, code: &code),
      let body = CommandBody.of(slices, n, limit: Int(MESH_DATAGRAM_MAX), code: &code)
    else { return code }
    var command = application_command()
    command.kind = APP_BROADCAST
    command.tclass = UInt8(truncatingIfNeeded: options.trafficClass)
    do throws(LibraryError) { command.protocol = try protocolNumber(name) } catch { return error.tell() }
    takeNotices()
    guard commands.pending < Self.commandLimit else {
      writer.isRoomWanted.store(true, ordering: .sequentiallyConsistent)
      waitForCommands(peer: 0)
      return refuse(.again, "the node has not read what was sent before; MESH_ON_ROOM says when there is room")
    }
    guard write(command, nil, body) else { return refuse(.noMemory, "there is no memory") }
    return Int32(clamping: connected.count)
  }
}
