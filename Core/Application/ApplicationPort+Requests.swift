// SPDX-License-Identifier: Apache-2.0
import CApplication
import CMeshABI
import MeshEventLoop
import MeshMultiplexer
import MeshNode
import MeshSession
import MeshTransportManager
import MeshWire

/// Requests that the application makes of peers.
extension ApplicationPort {
  private static let usualDeadline: UInt64 = 30_000

  func request(_ command: ApplicationCommand) throws(ApplicationFault) {
    let header = command.header
    guard header.id > 0, header.id < 1 << 60, requests.byID[header.id] == nil else {
      throw ApplicationFault("request number \(header.id)")
    }
    let name = try protocolName(command)
    let trafficClass = try trafficClass(command, usual: .interactive)
    guard requests.byID.count < Int(APP_REQUESTS),
      requests.cost == 0 || requests.cost + command.cost <= UInt64(APP_WINDOW)
    else { throw ApplicationFault("more requests than the credit allows") }
    guard let peer = node.core.peer(PeerHandle(rawValue: header.peer)) else {
      return endRequest(header.id, token: header.token, peer: header.peer, code: MESH_E_UNREACHABLE)
    }
    let lifetime = header.lifetime_ms == 0 ? Self.usualDeadline : min(header.lifetime_ms, PortFlow.endlessLifetime)
    let isIdempotent = command.has(APP_FLAG_IDEMPOTENT)
    let preamble = StreamPreamble(
      kind: .request, trafficClass: trafficClass, name: name, metadata: Array(command.metadata))
    let key = isIdempotent && !command.key.isEmpty ? Array(command.key) : nil
    let wish = RequestWish(
      id: header.id, peer: peer, preamble: preamble, isIdempotent: isIdempotent, key: key,
      deadline: node.loop.now + lifetime * 1_000_000)
    requests.add(
      PortRequest(id: header.id, token: header.token, peer: header.peer, cost: command.cost, reference: nil))
    if requestsToMake[header.peer] != nil || !make(wish, command.data) { wait(wish, Array(command.data)) }
  }

  /// Makes a request, or ends it; false when the peer, or the class's queue, has no room for it now.
  func make(_ wish: RequestWish, _ body: UnsafeRawBufferPointer) -> Bool {
    let now = node.loop.now
    guard wish.deadline > now else {
      dropRequest(wish.id, code: MESH_E_TIMEOUT)
      return true
    }
    var options = RequestOptions()
    options.deadline = wish.deadline - now
    options.isIdempotent = wish.isIdempotent
    options.idempotencyKey = wish.key
    options.replyLimit = Int(MESH_MESSAGE_MAX)
    options.waitsForPath = true
    options.releasesByHand = true
    do throws(NodeError) {
      let reference = try node.core.request(
        to: wish.peer.id, protocol: wish.preamble.name, trafficClass: wish.preamble.trafficClass,
        metadata: wish.preamble.metadata, body: body, options: options, handler: asker, now: now)
      if wish.peer.links.isEmpty { node.core.want(wish.peer.id, now: now) }
      requests.begin(wish.id, reference)
    } catch {
      switch error {
      case .refused(.again), .refused(.streamLimit): return false
      case .unknownPeer: dropRequest(wish.id, code: MESH_E_UNREACHABLE)
      case .refused(.tooLarge): dropRequest(wish.id, code: MESH_E_LIMIT)
      default: dropRequest(wish.id, code: MESH_E_BUSY)
      }
    }
    return true
  }

  /// Ends a request that was not made.
  func dropRequest(_ id: UInt64, code: Int32) {
    guard let request = requests.drop(id) else { return }
    endRequest(id, token: request.token, peer: request.peer, code: code)
  }

  private func endRequest(
    _ id: UInt64, token: UInt64, peer: UInt64, code: Int32, value: UInt64 = 0, sentence: [UInt8] = []
  ) {
    tell(
      application_event(MESH_ON_REQUEST_END, id: id, token: token, peer: peer, code: code, value: value),
      data: sentence)
  }

  func cancelRequest(_ id: UInt64) {
    guard let request = requests.byID[id] else { return }
    if let reference = request.reference { return node.core.cancel(reference, now: node.loop.now) }
    requestsToMake[request.peer]?.forget(id)
    dropRequest(id, code: MESH_E_CANCELLED)
  }

  // MARK: what the node tells

  func replied(_ reply: Reply, to reference: RequestReference) {
    guard let request = requests[reference] else { return }
    let number = requests.hold(reference, credit: reply.credit)
    var header = application_event(MESH_ON_REPLY, id: request.id, token: request.token, peer: request.peer)
    header.value = number
    header.flags = reply.isLast ? UInt16(MESH_EVENT_LAST) : 0
    if request.isWaiting || !offer(header, meta: .empty, data: reply.body) {
      // Lent memory is kept only here: nothing further is handed out until the sink has taken this.
      requests.keep(PortEvent(header: header, data: Array(reply.body)), of: reference)
      node.core.pause(reference)
    }
  }

  func ended(_ reference: RequestReference, _ failure: RequestFailure?) {
    guard let request = requests.remove(reference) else { return }
    // Replies that wait for the sink go before the end.
    for event in request.waiting { tell(event.header, data: event.data) }
    guard let failure else { return endRequest(request.id, token: request.token, peer: request.peer, code: MESH_OK) }
    let (code, value) = Self.fate(failure)
    endRequest(
      request.id, token: request.token, peer: request.peer, code: code, value: value,
      sentence: Array(failure.text.utf8))
  }

  private static func fate(_ failure: RequestFailure) -> (Int32, UInt64) {
    switch failure.reason {
    case .deadline: (MESH_E_TIMEOUT, 0)
    case .cancelled: (MESH_E_CANCELLED, 0)
    case .noSuchProtocol: (MESH_E_NOTFOUND, 0)
    case .notAllowed: (MESH_E_PERMISSION, 0)
    case .refused: (StreamFate(failure.code).code, StreamFate(failure.code).value)
    case .peerRestarted: (MESH_E_RESET, 0)
    case .unreachable: (MESH_E_UNREACHABLE, 0)
    case .replyTooLarge: (MESH_E_LIMIT, 0)
    }
  }

  /// The sink has room: hands on replies that had to wait.
  func resumeRequests() {
    for reference in requests.takeWaiting() {
      guard var request = requests[reference] else { continue }
      while let event = request.waiting.first {
        guard event.data.withUnsafeBytes({ offer(event.header, meta: .empty, data: $0) }) else {
          requests.wait(reference)
          break
        }
        request.waiting.removeFirst()
      }
      requests[reference] = request
      if !request.isWaiting { node.core.resume(reference, now: node.loop.now) }
    }
  }

  /// The application is done with a reply; false when the number is none of a reply.
  func releaseReply(_ number: UInt64) -> Bool {
    guard let held = requests.release(number) else { return false }
    node.core.release(held.credit, of: held.reference, now: node.loop.now)
    return true
  }
}
